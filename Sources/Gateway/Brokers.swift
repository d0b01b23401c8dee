import Instruments
import Management
import Messaging
import Reactor
import RedisBroker

/// The available brokers, by the name an operator uses.
enum Brokers {
    /// Watches the loop of a broker that has one of its own.
    static func watch(_ broker: any Broker) -> LoopWatch? {
        guard let redis = broker as? RedisBroker else { return nil }
        return LoopWatch(of: redis.loop.name) { redis.loop.execute($0) }
    }

    /// - Parameters:
    ///   - key: What messages between instances are signed with.
    ///   - loopIndex: The index for the broker's own loop, if it has one.
    static func make(
        _ settings: BrokerSettings,
        instance: String,
        key: FleetKey?,
        loopIndex: Int,
        log: EventLog
    ) throws(ReactorError) -> any Broker {
        switch settings.kind {
        case .memory:
            MemoryBroker(instance: instance)
        case .redis:
            try RedisBroker(
                settings: settings.redis,
                patience: settings.patience,
                identity: FleetIdentity(instance: instance, build: Version.number, key: key),
                loopIndex: loopIndex,
                log: log
            )
        }
    }
}
