import HTTP
package import HTTPServer
import Instruments
import Messaging
import Observability
import Sessions

/// `GET /metrics/users`: the series of every user, whatever the budget of `/metrics` is.
///
/// A user may be on several loops, so all are added up first; then the families are written one after the other, as
/// fast as the client takes them.
package struct UserMetricsEndpoint: Endpoint {
    private static let user = Parameter<UserID?>.user("Only this user.")
    private static let connection = Parameter<ConnectionID?>.connection("Only the user of this connection.")
    private static let room = Parameter<RoomName?>.room("Only users with a connection in this room.")
    private static let limit = Parameter<Int?>.integer("limit", in: 1...1_000_000, "At most so many users.")

    private let inspector: Inspector

    package init(_ inspector: Inspector) {
        self.inspector = inspector
    }

    package var declaration: EndpointDeclaration {
        EndpointDeclaration(
            "getUserMetrics",
            .get,
            "/metrics/users",
            "The series of every user of this instance, as text for Prometheus.",
            parameters: [Self.user, Self.connection, Self.room, Self.limit],
            answers: [.exposition]
        )
    }

    package func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        let narrowing = Inspector.UserNarrowing(
            user: try request[Self.user],
            connection: try request[Self.connection],
            room: try request[Self.room]
        )
        let limit = try request[Self.limit] ?? .max
        let inspector = self.inspector
        return .exposition(request) { stream in
            let users = try await inspector.users(narrowing, limit: limit)
            for column in Self.columns {
                try await stream.begin(column.family)
                for user in users {
                    guard let number = column.value(user) else { continue }
                    stream.append([user.id.label], number)
                    try await stream.flush()
                }
            }
        }
    }

    private static let columns: [CensusMetrics.Column<Inspector.UserTotals>] = {
        var columns: [CensusMetrics.Column<Inspector.UserTotals>] = [
            CensusMetrics.Column(CensusMetrics.userConnections) { Double($0.connections) },
            CensusMetrics.Column(CensusMetrics.userPing) { $0.roundTrip == 0 ? nil : $0.roundTrip.asSeconds },
        ]
        for counter in CensusMetrics.counters {
            guard let family = counter.user else { continue }
            columns.append(CensusMetrics.Column(family) { Double(counter.value($0.traffic)) })
        }
        return columns
    }()
}
