import Management
import Messaging
package import Observability
import Reactor
import Rooms
import Sessions
import Transport

extension MetricCatalog {
    /// Every metric that a gateway can show: what `docs/metrics.md` explains.
    package static var ofTheGateway: MetricCatalog {
        MetricCatalog([
            Section("Connections, users and what clients send", SessionsMetrics.all),
            Section("Single users and connections", CensusMetrics.all),
            Section("Handshakes", HandshakeMetrics.all),
            Section("Rooms and deliveries", RoomsMetrics.all),
            Section("Send queues and event loops", ReactorMetrics.all),
            Section("Broker", BrokerMetrics.all),
            Section("Other instances", FleetMetrics.all),
            Section("Readiness, drains and the management port", ManagementMetrics.all),
            Section("Version and configuration", BuildMetrics.all),
            Section("Process", ProcessMetrics.all),
            Section("Log", LogWriter.all),
        ])
    }
}
