import RedisBroker
import Settings
import Testing

@testable import struct RedisBroker.RedisEndpoint

@Suite struct RedisSettingsTests {
    private static func read(_ values: [String: String]) -> (RedisSettings, SettingsReader) {
        let flags = values.map { SettingsFlag("--set", key: $0.key, value: $0.value) }
        var reader = SettingsReader(flags: flags, environment: [:], file: nil)
        let settings = RedisSettings(from: &reader)
        return (settings, reader)
    }

    @Test func `without anything there is no Redis, and everything has its default`() {
        let (settings, reader) = Self.read([:])
        #expect(settings.url == nil)
        #expect(settings.prefix == "atalaya:")
        #expect(settings.pingInterval == .seconds(5))
        #expect(reader.faults.isEmpty)
    }

    private static let endpoints: [(String, String, UInt16, String?, String?, Int)] = [
        ("redis://localhost", "localhost", 6379, nil, nil, 0),
        ("redis://localhost:7000/3", "localhost", 7000, nil, nil, 3),
        ("redis://[2001:db8::1]:7000", "2001:db8::1", 7000, nil, nil, 0),
        ("redis://:secret@10.0.0.1/", "10.0.0.1", 6379, nil, "secret", 0),
        ("redis://us%40er:p%2Fw@h", "h", 6379, "us@er", "p/w", 0),
        ("REDIS://h", "h", 6379, nil, nil, 0),
    ]

    @Test(arguments: endpoints)
    func `a URL says host, port, user, password and database`(
        url: String,
        host: String,
        port: UInt16,
        user: String?,
        password: String?,
        database: Int
    ) throws {
        let (settings, reader) = Self.read(["redis.url": url])
        #expect(reader.faults.isEmpty)
        let endpoint = RedisEndpoint(try #require(settings.url))
        #expect(endpoint.host == host && endpoint.port == port && endpoint.user == user)
        #expect(endpoint.password?.revealed == password && endpoint.database == database)
    }

    private static let wrong: [(String, String)] = [
        ("rediss://h:6380", "TLS to Redis is not supported by this build"),
        ("http://h", "redis://"),
        ("redis://h/cache", "database number"),
        ("redis://h/0/1", "database number"),
        ("redis://h//1", "database number"),
        ("redis://h/-1", "database number"),
        ("redis://h/1.5", "database number"),
        ("redis://h/99999999999999999999", "database number"),
        ("redis://h?ssl=true", "TLS to Redis is not supported"),
        ("redis://h?db=5", "redis://host:port/5"),
        ("redis://h/0?password=x", "redis://user:password@host:port"),
        ("redis://h?timeout=5s", "(timeout)"),
        ("redis://h?", "\"?\""),
        ("redis://h/0#1", "%23"),
        ("redis://user@h", "password"),
        ("redis://user:@h", "password"),
        ("localhost:6379", "redis://"),
    ]

    @Test(arguments: wrong)
    func `a URL that cannot be used is a fault that says what would be right`(url: String, remedy: String) {
        let (_, reader) = Self.read(["redis.url": url])
        #expect(reader.faults.count == 1)
        #expect(reader.faults.first?.description.contains(remedy) == true, "\(reader.faults)")
    }

    @Test(arguments: ["rediss://user:s3cret@h/x", "redis://h?password=s3cret", "redis://u:p@h/0#s3cret"])
    func `no fault and no listing shows the password`(url: String) {
        let (settings, reader) = Self.read(["redis.url": url])
        #expect(!reader.faults.isEmpty)
        #expect(!reader.faults.map(\.description).joined().contains("s3cret"))
        #expect(!"\(settings)".contains("s3cret"))
    }

    @Test func `a prefix has no spaces`() {
        let (_, reader) = Self.read(["redis.prefix": "my app:"])
        #expect(reader.faults.count == 1)
    }
}
