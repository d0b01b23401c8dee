import Instruments
import Messaging
import Reactor
import RedisBroker

/// The available brokers, by the name an operator uses.
enum Brokers {
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
