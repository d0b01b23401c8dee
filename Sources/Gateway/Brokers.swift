import Instruments
import Messaging
import Reactor
import RedisBroker

/// The brokers there are, by the name an operator gives them.
enum Brokers {
    /// - Parameter loopIndex: For the loop of a broker that has one of its own.
    static func make(
        _ settings: BrokerSettings,
        instance: String,
        loopIndex: Int,
        log: EventLog
    ) throws(ReactorError) -> any Broker {
        switch settings.kind {
        case .memory:
            MemoryBroker()
        case .redis:
            try RedisBroker(settings: settings.redis, instance: instance, loopIndex: loopIndex, log: log)
        }
    }
}
