import HTTP
package import HTTPServer
import Instruments
import Messaging
import Observability
import Sessions

/// `GET /metrics/connections`: the series of every connection, whatever the budget of `/metrics` is.
///
/// Written as they are read, one family after the other, as fast as the client takes them. So nothing is kept, and
/// connections that come or go meanwhile are only in a part of the families.
package struct ConnectionMetricsEndpoint: Endpoint {
    private static let user = Parameter<UserID?>.user("Only connections of this user.")
    private static let connection = Parameter<ConnectionID?>.connection("Only this connection.")
    private static let room = Parameter<RoomName?>.room("Only connections in this room.")
    private static let limit = Parameter<Int?>.integer("limit", in: 1...1_000_000, "At most so many connections.")

    private let inspector: Inspector

    package init(_ inspector: Inspector) {
        self.inspector = inspector
    }

    package var declaration: EndpointDeclaration {
        EndpointDeclaration(
            "getConnectionMetrics",
            .get,
            "/metrics/connections",
            "The series of every connection to this instance, as text for Prometheus.",
            parameters: [Self.user, Self.connection, Self.room, Self.limit],
            answers: [.exposition]
        )
    }

    package func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        let query = ConnectionQuery(user: try request[Self.user], room: try request[Self.room], limit: .max)
        let (id, limit) = (try request[Self.connection], try request[Self.limit])
        let inspector = self.inspector
        return .exposition(request) { stream in
            for column in Self.columns {
                try await stream.begin(column.family)
                var left = limit ?? .max
                try await inspector.forEachPart(of: query) { rows in
                    for row in rows where left > 0 && id ?? row.connection == row.connection {
                        // Also one without this number: every family is about the same connections.
                        left -= 1
                        guard let number = column.value(row) else { continue }
                        stream.append(Self.labels(of: row, for: column.family), number)
                    }
                    try await stream.flush()
                }
            }
        }
    }

    private static func labels(of row: ConnectionRow, for family: MetricFamily) -> [String] {
        let labels = [row.connection.text, row.user?.label ?? ""]
        return family == CensusMetrics.connectionInfo
            ? labels + [row.protocolName.label, row.transport.label] : labels
    }

    private static let columns: [CensusMetrics.Column<ConnectionRow>] = {
        var columns: [CensusMetrics.Column<ConnectionRow>] = [
            CensusMetrics.Column(CensusMetrics.connectionInfo) { _ in 1 },
            CensusMetrics.Column(CensusMetrics.connectionPing) { $0.roundTrips?.last.asSeconds },
            CensusMetrics.Column(CensusMetrics.connectionQueue) { Double($0.queuedBytes) },
            CensusMetrics.Column(CensusMetrics.connectionKernel) { $0.kernel?.roundTrip.asSeconds },
            CensusMetrics.Column(CensusMetrics.connectionReconnects) { Double($0.place) },
        ]
        for counter in CensusMetrics.counters {
            guard let family = counter.connection else { continue }
            columns.append(CensusMetrics.Column(family) { Double(counter.value($0.traffic)) })
        }
        return columns
    }()
}
