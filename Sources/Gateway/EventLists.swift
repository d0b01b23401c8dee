import Management
import Messaging
package import Observability
import RedisBroker
import Sessions
import Transport

extension EventCatalog {
    /// Every event that a gateway can write: what `docs/events.md` shows.
    package static var ofTheGateway: EventCatalog {
        EventCatalog([
            FleetEvent.self, GatewayEvent.self, ManagementEvent.self, ObservabilityEvent.self, RedisEvent.self,
            SessionEvent.self, TransportEvent.self,
        ])
    }
}
