import Instruments
import Messaging
import Reactor
import RedisBroker

/// The brokers there are, by the name an operator gives them.
enum Brokers {
    /// - Parameters:
    ///   - key: What messages between instances are signed with.
    ///   - loopIndex: For the loop of a broker that has one of its own.
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
