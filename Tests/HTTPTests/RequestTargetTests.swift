import Testing

@testable import HTTP

private func target(_ text: String) throws -> RequestTarget {
    try readHead("GET \(text) HTTP/1.1\r\nHost: a\r\n\r\n").get().target
}

@Suite struct RequestTargetTests {
    @Test(
        arguments: [
            ("/", "/", nil, [""]), ("/ws", "/ws", nil, ["ws"]), ("/ws?", "/ws", "", ["ws"]),
            ("/a/b/", "/a/b/", nil, ["a", "b", ""]), ("//a", "//a", nil, ["", "a"]),
            ("/a%2Fb/c%20d", "/a%2Fb/c%20d", nil, ["a/b", "c d"]), ("/a?b?c=/d", "/a", "b?c=/d", ["a"]),
            ("/../a/./b", "/../a/./b", nil, ["..", "a", ".", "b"]), ("/%C3%A9+", "/%C3%A9+", nil, ["é+"]),
            ("http://a", "/", nil, [""]), ("http://a?x", "/", "x", [""]), ("http://a/b?x", "/b", "x", ["b"]),
        ] as [(String, String, String?, [String])]
    )
    func `a target is taken apart`(_ text: String, _ path: String, _ query: String?, _ segments: [String]) throws {
        let target = try target(text)
        #expect(target.text == text)
        #expect(target.path == path)
        #expect(target.query == query)
        #expect(target.pathSegments == segments)
        #expect(target.hasPath(path))
        #expect(!target.hasPath(path + "x"))
        #expect(!target.hasPath(""))
    }

    @Test func `query items are decoded as forms write them`() throws {
        let target = try target("/ws?room=a%26b&room=c+d&&x&y=&=z&user=%F0%9F%99%82&a=b=c&r%6Fom=e&%6Bey=1")
        #expect(Self.items(target) == ["room|a&b", "room|c d", "x|", "y|", "|z", "user|🙂", "a|b=c", "room|e", "key|1"])
        #expect(target.queryValue("room") == "a&b")
        #expect(target.queryValue("x") == "")
        #expect(target.queryValue("key") == "1")
        #expect(target.queryValue("ro") == nil)
        let bare = try readHead("GET /ws HTTP/1.1\r\nHost: a\r\n\r\n").get().target
        #expect(Self.items(bare) == [])
        #expect(bare.queryValue("room") == nil)
    }

    private static func items(_ target: RequestTarget) -> [String] {
        var items: [String] = []
        target.forEachQueryItem { items.append("\($0)|\($1)") }
        return items
    }
}

@Suite struct PercentEncodingTests {
    @Test func `what is encoded is decoded`() {
        let bytes = Array("a%2Fb%20c%2B%C3%A9%25%26%3D%3F%23%00~-._".utf8)
        #expect(PercentEncoding.decode(bytes.span) == Array("a/b c+é%&=?#\u{0}~-._".utf8))
    }

    @Test(arguments: ["%", "%1", "a%", "%G0", "%0G", "%%20", "% 1"])
    func `an encoding that is none is refused`(_ text: String) {
        let bytes = Array(text.utf8)
        #expect(PercentEncoding.decode(bytes.span) == nil)
    }
}

@Suite struct HTTPDateTests {
    @Test(
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (1_795_252_331, "Sat, 21 Nov 2026 09:12:11 GMT"),
        ] as [(UInt64, String)]
    )
    func `a date is written as RFC 9110 wants it`(_ seconds: UInt64, _ text: String) {
        #expect(HTTPDate.text(secondsSince1970: seconds) == text)
    }
}
