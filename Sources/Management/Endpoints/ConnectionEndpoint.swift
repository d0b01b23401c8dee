import HTTP
package import HTTPServer
import Instruments
import Messaging
import Notation
import Sessions

/// `GET /api/v1/connections/{connectionId}`: one connection in full, open or ended lately.
package struct ConnectionEndpoint: InspectedEndpoint {
    private let inspector: Inspector
    private let fleet: FleetInquirer

    package init(_ inspector: Inspector, _ fleet: FleetInquirer) {
        self.inspector = inspector
        self.fleet = fleet
    }

    package var declaration: EndpointDeclaration {
        EndpointDeclaration(
            "getConnection",
            .get,
            "/api/v1/connections/{connectionId}",
            "One connection in full, open or ended lately.",
            parameters: [Parameter<ConnectionID>.connection, Parameter<FleetScope>.scope],
            answers: [
                .json(.ok, "The connection.", ConnectionDetails.self),
                .problem(.notFound, "There is no such connection, and there was none lately."),
                .problem(.gatewayTimeout, "No instance that answered has it, and not every instance did."),
            ]
        )
    }

    package func local(_ request: HTTPRequest) async throws -> ConnectionDetails {
        let id = try request[Parameter<ConnectionID>.connection]
        guard let details = try await self.inspector.details(of: id) else {
            throw HTTPProblem(.notFound, "this instance has no connection \(id), and had none lately")
        }
        return ConnectionDetails(details, instance: self.inspector.instance)
    }

    package func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard try request[Parameter<FleetScope>.scope] == .fleet else { return .json(try await self.local(request)) }
        let reading = try await self.fleet.inspect(request, as: ConnectionDetails.self)
        guard var details = reading.locals.first?.local else {
            let id = try request[Parameter<ConnectionID>.connection]
            throw reading.coverage.problem("connection \(id) is not known")
        }
        details.complete = reading.coverage.isComplete
        details.unanswered = reading.coverage.unanswered
        return .json(details)
    }
}

/// One connection in full.
package struct ConnectionDetails: DescribedJSON, Decodable {
    /// A room that it is in.
    struct Membership: DescribedJSON, Decodable {
        let room: String
        let joinedAt: String

        static let schema = Schema.record(
            "Membership",
            "A room that a connection is in.",
            [
                .member("room", .text(), "The room's name."),
                .member("joinedAt", .time, "When it joined, to the second."),
            ]
        )
    }

    let connection: ConnectionSummary
    let memberships: [Membership]
    let path: PathSummary?
    var complete: Bool?
    var unanswered: [String]?

    init(_ details: SessionRegistry.Details, instance: String) {
        var connection = ConnectionSummary(details.row, instance: instance)
        connection.add(details.verdict)
        self.connection = connection
        self.path = details.verdict.map { PathSummary($0) }
        self.memberships = details.rooms.map { room in
            Membership(room: room.name.text, joinedAt: Timestamp(milliseconds: Int64(room.joinedAt) * 1000).text)
        }
    }

    private enum Key: String, CodingKey {
        case memberships
        case path
        case complete
        case unanswered
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.connection = try ConnectionSummary(from: decoder)
        self.memberships = try container.decode([Membership].self, forKey: .memberships)
        self.path = try container.decodeIfPresent(PathSummary.self, forKey: .path)
    }

    package func encode(to encoder: any Encoder) throws {
        try self.connection.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.memberships, forKey: .memberships)
        try container.encodeIfPresent(self.path, forKey: .path)
        try container.encodeIfPresent(self.complete, forKey: .complete)
        try container.encodeIfPresent(self.unanswered, forKey: .unanswered)
    }

    package static let schema = Schema.record(
        "ConnectionDetails",
        "One connection in full.",
        ConnectionSummary.members
            + [
                .member("memberships", .list(of: Membership.schema), "The rooms it is in; none once it has ended."),
                .optional("path", PathSummary.schema, "Why `slowAt` says what it says; while it is open."),
            ]
            + FleetCoverage.optionalMembers
    )
}
