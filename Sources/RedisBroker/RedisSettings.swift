package import Settings

/// How to reach the Redis that the instances share.
package struct RedisSettings: Sendable {
    /// `nil`: there is none.
    package let url: ServiceURL?
    /// The prefix of the names of all channels and keys.
    package let prefix: String
    package let pingInterval: Duration
    package let connectTimeout: Duration
    /// Bounds on publications without a receipt so far.
    package let pendingBytes: Int
    package let pendingMessages: Int

    package init(from settings: inout SettingsReader) {
        self.url = settings.url(
            "redis.url",
            schemes: ["redis", "rediss"],
            "The Redis that instances share, as redis://user:password@host:6379/0; TLS (rediss://) is not supported yet."
        )
        self.prefix = settings.string(
            "redis.prefix",
            default: "atalaya:",
            "Prefix of the names of all channels and keys in Redis; deployments that share a Redis need different ones."
        )
        self.pingInterval = settings.duration(
            "redis.pingInterval",
            default: .seconds(5),
            atLeast: .milliseconds(50),
            "How often both connections to Redis are pinged; one that does not answer within this time is replaced."
        )
        self.connectTimeout = settings.duration(
            "redis.connectTimeout",
            default: .seconds(5),
            atLeast: .milliseconds(50),
            "How long each of resolving, connecting and the first answer may take."
        )
        self.pendingBytes = settings.size(
            "redis.pendingBytes",
            default: 64 << 20,
            atLeast: 1 << 20,
            atMost: 128 << 20,
            "How many bytes of publications may wait for Redis or for its answer; more are refused at once."
        )
        self.pendingMessages = settings.int(
            "redis.pendingMessages",
            default: 100_000,
            atLeast: 1,
            "How many publications may wait for Redis or for its answer; more are refused at once."
        )
        if let url = self.url, let remedy = RedisEndpoint.remedy(for: url) {
            settings.refuse("redis.url", remedy)
        }
        if self.prefix.utf8.count > 200 || self.prefix.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) {
            settings.refuse("redis.prefix", "write at most 200 bytes, without spaces and control characters")
        }
    }
}

/// The parts of `redis.url`.
struct RedisEndpoint: Equatable, Sendable {
    let host: String
    let port: UInt16
    let user: String?
    let password: Secret?
    let database: Int

    init(_ url: ServiceURL) {
        self.host = url.host
        self.port = url.port.flatMap { UInt16(exactly: $0) } ?? 6379
        self.user = url.user
        self.password = url.password
        self.database = Self.database(of: url) ?? 0
    }

    /// What would be right instead; `nil` if nothing is wrong.
    static func remedy(for url: ServiceURL) -> String? {
        if url.scheme != "redis" {
            return "TLS to Redis is not supported by this build; write it as redis://host:port"
        }
        if url.user != nil, url.password == nil {
            return "has a user and no password; write it as redis://user:password@host:port"
        }
        if url.password?.revealed.isEmpty == true {
            return "has an empty password; leave the colon out, or write the password"
        }
        if self.database(of: url) == nil {
            return "ends in no database number; write it as redis://host:port/0"
        }
        if let name = url.queryNames.first {
            return self.remedy(forOption: name)
        }
        if url.hasFragment {
            return "has a part behind \"#\", which means nothing here; write a \"#\" in a password as %23"
        }
        return nil
    }

    private static func remedy(forOption name: String) -> String {
        switch name.lowercased() {
        case "db", "database":
            "has the option \"\(name)\", which is not supported; write the database as redis://host:port/5"
        case "ssl", "tls":
            "has the option \"\(name)\"; TLS to Redis is not supported by this build, so leave the option out"
        case "password", "user", "username":
            "has the option \"\(name)\", which is not supported; write it as redis://user:password@host:port"
        default:
            "has options behind \"?\" (\(name.prefix(40))), and none is supported; leave them out"
        }
    }

    private static func database(of url: ServiceURL) -> Int? {
        let digits = url.path.hasPrefix("/") ? url.path.dropFirst() : url.path[...]
        if digits.isEmpty {
            return 0
        }
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return Int(digits)
    }
}
