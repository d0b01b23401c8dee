import RedisBroker
package import Settings

/// Who carries messages between instances.
package enum BrokerKind: String, CaseIterable, Sendable {
    case memory
    case redis
}

package struct BrokerSettings: Sendable {
    package let kind: BrokerKind
    let patience: Duration
    let redis: RedisSettings

    package init(from settings: inout SettingsReader) {
        self.redis = RedisSettings(from: &settings)
        self.kind = settings.choice(
            "broker.kind",
            default: self.redis.url == nil ? .memory : .redis,
            shownDefault: "redis if redis.url is set, else memory",
            "What carries messages between instances; memory is for a single instance."
        )
        self.patience = settings.duration(
            "broker.patience",
            default: .seconds(5),
            atLeast: .zero,
            "How long a publication waits while the broker is away; its sender is not read meanwhile. Then it is refused."
        )
        if self.kind == .redis, self.redis.url == nil {
            settings.refuse("broker.kind", "needs redis.url, such as redis://127.0.0.1:6379")
        }
    }
}
