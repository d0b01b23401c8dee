import Instruments
import Management
import Messaging
import Rooms
import Transport

/// What operators may ask of a whole gateway, besides what every management listener has.
struct OperatorEndpoints {
    let all: [any Endpoint]
    let closer: ClientCloser

    init(
        _ settings: GatewaySettings,
        _ inspector: Inspector,
        clients: [ClientLoop],
        instance: String,
        broker: any Broker,
        requests: PublishingRequests,
        log: EventLog
    ) {
        let fleet = FleetInquirer(broker, instance: instance)
        let publisher = OperatorPublisher(
            broker: broker,
            requests: requests,
            // The broker answers within its patience; this leaves a moment for the answer to arrive.
            patience: settings.broker.patience + .seconds(2)
        )
        self.closer = ClientCloser(clients: clients)
        let closing = OperatorCloser(here: self.closer, fleet: fleet, log: log)
        let rooms = RoomReader(clients.map(\.shard), patience: LoopReports.patience)
        self.all = [
            RoomsEndpoint(rooms, fleet: fleet),
            RoomEndpoint(
                rooms,
                registries: clients.map(\.registry),
                patience: LoopReports.patience,
                fleet: fleet
            ),
            PublishEndpoint(
                publisher,
                maximumBytes: settings.transport.maximumMessageBytes,
                maximumJSONDepth: settings.transport.maximumJSONDepth,
                log: log
            ),
            CloseConnectionEndpoint(closing),
            CloseUserEndpoint(closing),
            ConnectionsEndpoint(inspector, fleet),
            ConnectionEndpoint(inspector, fleet),
            UserEndpoint(inspector, fleet),
            ConnectionMetricsEndpoint(inspector),
            UserMetricsEndpoint(inspector),
        ]
    }
}
