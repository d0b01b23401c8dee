package import HTTPServer
import Instruments
import Messaging
import Sessions

/// `GET /api/v1/connections`: the connections of this instance or the fleet, open or ended lately, in any order.
package struct ConnectionsEndpoint: ListEndpoint {
    package typealias Row = ConnectionSummary

    package enum State: UInt8, Vocabulary {
        case open
        case closed

        package var label: String { "\(self)" }
    }

    private static let user = Parameter<UserID?>.user("Only connections of this user.")
    private static let room = Parameter<RoomName?>.room("Only connections in this room; none that have ended.")
    private static let protocolName = Parameter<ProtocolName?>.word(
        "protocol",
        "Only connections that speak this protocol."
    )
    private static let state = Parameter<State>.word(
        "state",
        default: .open,
        "Open connections, or those that ended lately; only the newest of them are remembered."
    )

    package static let rowsName = "connections"
    package let fleet: FleetInquirer
    private let inspector: Inspector

    package init(_ inspector: Inspector, _ fleet: FleetInquirer) {
        self.inspector = inspector
        self.fleet = fleet
    }

    package var declaration: EndpointDeclaration {
        Self.declaration(
            "listConnections",
            "/api/v1/connections",
            "Lists connections. Numbers change all the time, so a connection may move between two pages.",
            filters: [Self.user, Self.room, Self.protocolName, Self.state]
        )
    }

    package func read(_ request: HTTPRequest, into window: inout ListWindow<ConnectionSummary>) async throws {
        let query = ConnectionQuery(
            user: try request[Self.user],
            room: try request[Self.room],
            protocolName: try request[Self.protocolName],
            order: window.order,
            after: window.after.flatMap(ConnectionQuery.Position.init),
            limit: window.enough
        )
        switch try request[Self.state] {
        case .open:
            let rows = try await self.inspector.openConnections(query)
            for (row, verdict) in zip(rows, try await self.inspector.verdicts(on: rows)) {
                var summary = ConnectionSummary(row, instance: self.inspector.instance)
                summary.add(verdict)
                window.offer(summary)
            }
        case .closed:
            for row in try await self.inspector.closedConnections(query) {
                window.offer(ConnectionSummary(row, instance: self.inspector.instance))
            }
        }
    }
}

extension ConnectionQuery.Position {
    /// `nil` if the place is not that of a connection.
    fileprivate init?(_ place: ListPlace) {
        guard let ulid = ULID(place.id) else { return nil }
        self.init(number: place.number, connection: ConnectionID(ulid))
    }
}
