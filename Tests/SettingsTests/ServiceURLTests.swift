import Testing

@testable import Settings

@Suite struct ServiceURLTests {
    @Test func `a URL is read into its parts`() throws {
        let url = try #require(ServiceURL("rediss://ata:p%40ss@redis.example:6380/2"))
        #expect(url.scheme == "rediss")
        #expect(url.user == "ata")
        #expect(url.password?.revealed == "p@ss")
        #expect(url.host == "redis.example")
        #expect(url.port == 6380)
        #expect(url.path == "/2")
    }

    @Test func `only scheme and host must be there`() throws {
        let url = try #require(ServiceURL("REDIS://localhost"))
        #expect(url.scheme == "redis")
        #expect(url.user == nil)
        #expect(url.password == nil)
        #expect(url.port == nil)
        #expect(url.path == "")
        #expect(try #require(ServiceURL("redis://:secret@h")).user == nil)
        #expect(try #require(ServiceURL("redis://[::1]:6379")).host == "::1")
    }

    @Test(arguments: ["redis://u:hunter2@h:1/2", "redis://:hunter2@h", "redis://h?password=hunter2"])
    func `its text hides what lets one in`(text: String) throws {
        let url = try #require(ServiceURL(text))
        var dumped = ""
        dump(url, to: &dumped)
        #expect(!"\(url)".contains("hunter2"))
        #expect(!String(reflecting: url).contains("hunter2"))
        #expect(!dumped.contains("hunter2"))
        #expect(url.whole.revealed == text)
    }

    @Test(arguments: [
        "", "redis", "redis:", "redis://", "//h", "redis://h:99999", "redis://h:0", "redis://a b", "h:6379",
        "redis://h\n",
    ])
    func `what is no URL of a service is refused`(text: String) {
        #expect(ServiceURL(text) == nil)
    }
}
