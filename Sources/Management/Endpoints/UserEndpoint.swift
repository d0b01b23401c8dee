import HTTP
package import HTTPServer
import Instruments
import Messaging

/// `GET /api/v1/users/{userId}`: a user over all connections.
package struct UserEndpoint: InspectedEndpoint {
    private let inspector: Inspector
    private let fleet: FleetInquirer

    package init(_ inspector: Inspector, _ fleet: FleetInquirer) {
        self.inspector = inspector
        self.fleet = fleet
    }

    package var declaration: EndpointDeclaration {
        EndpointDeclaration(
            "getUser",
            .get,
            "/api/v1/users/{userId}",
            "A user over all connections.",
            parameters: [Parameter<UserID>.user, Parameter<FleetScope>.scope],
            answers: [
                .json(.ok, "The user.", UserSummary.self),
                .problem(.notFound, "There is no such user, and there was none lately."),
                .problem(.gatewayTimeout, "No instance that answered has it, and not every instance did."),
            ]
        )
    }

    package func local(_ request: HTTPRequest) async throws -> UserSummary {
        let id = try request[Parameter<UserID>.user]
        guard let user = try await self.inspector.user(id, showing: UserSummary.shown) else {
            throw HTTPProblem(.notFound, "user \(id) has no connection to this instance, and had none lately")
        }
        return UserSummary(id, user, instance: self.inspector.instance)
    }

    package func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard try request[Parameter<FleetScope>.scope] == .fleet else { return .json(try await self.local(request)) }
        let reading = try await self.fleet.inspect(request, as: UserSummary.self)
        guard var user = reading.locals.first?.local else {
            throw reading.coverage.problem("user \(try request[Parameter<UserID>.user]) is not known")
        }
        for (_, other) in reading.locals.dropFirst() {
            user.add(other)
        }
        user.complete = reading.coverage.isComplete
        user.unanswered = reading.coverage.unanswered
        return .json(user)
    }
}
