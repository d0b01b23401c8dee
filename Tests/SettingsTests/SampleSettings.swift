import Notation

@testable import Settings

/// One setting of every kind.
struct SampleSettings {
    enum Policy: String, CaseIterable, Sendable {
        case close
        case dropNewest
    }

    let host: IPAddress?
    let port: Int
    let origins: [String]
    let proxies: [IPNetwork]
    let token: Secret?
    let loops: Int
    let redis: ServiceURL?
    let prefix: String
    let interval: Duration
    let age: Duration
    let bytes: Int
    let policy: Policy
    let connections: Int?
    let isCompressed: Bool
    let name: String?
    let keys: [Secret]

    init(from settings: inout SettingsReader) {
        self.host = settings.address(
            "public.host",
            default: nil,
            shownDefault: "all addresses",
            "Where clients connect."
        )
        self.port = settings.int("public.port", default: 8080, atMost: 65535, "The port clients connect to.")
        self.origins = settings.strings("public.origins", "Pages that may connect.")
        self.proxies = settings.networks("public.trustedProxies", "Whose `X-Forwarded-For` is believed.")
        self.token = settings.secret("management.token", "What operators show.")
        self.loops = settings.int(
            "engine.loops",
            default: 7,
            shownDefault: "one a core",
            atLeast: 1,
            unit: "threads",
            "How many event loops there are."
        )
        self.redis = settings.url("redis.url", schemes: ["redis", "rediss"], "The Redis that connects instances.")
        self.prefix = settings.string("redis.prefix", default: "atalaya:", "What channel names begin with.")
        self.interval = settings.duration(
            "heartbeat.interval",
            default: .seconds(25),
            atLeast: .seconds(1),
            "How often each client is pinged."
        )
        self.age = settings.duration(
            "queue.age",
            default: .seconds(30),
            atMost: .seconds(3600),
            "How long data may wait."
        )
        self.bytes = settings.size("queue.bytes", default: 1 << 20, atLeast: 1024, "How much data may wait.")
        self.policy = settings.choice("queue.policy", default: Policy.close, "What a full queue means: `a|b`.")
        self.connections = settings.optionalInt("limits.connections", atLeast: 1, "How many clients there may be.")
        self.isCompressed = settings.bool("compression.enabled", default: false, "Whether messages are compressed.")
        self.name = settings.optionalString("cluster.name", "What this fleet is called.")
        self.keys = settings.secrets("auth.jwt.secret", "Keys that tokens are signed with.")
    }
}
