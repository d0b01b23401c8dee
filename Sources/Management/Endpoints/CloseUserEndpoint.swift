import HTTP
package import HTTPServer
import Messaging

/// `DELETE /api/v1/users/{userId}/connections`: closes all connections of a user, on every instance.
package struct CloseUserEndpoint: Endpoint {
    private let closer: OperatorCloser

    package init(_ closer: OperatorCloser) {
        self.closer = closer
    }

    package var declaration: EndpointDeclaration {
        EndpointDeclaration(
            "closeUser",
            .delete,
            "/api/v1/users/{userId}/connections",
            "Closes all connections of a user, on every instance.",
            parameters: [Parameter<UserID>.user, CloseCodes.code, CloseCodes.reason],
            answers: ClosedAnswer.answers
        )
    }

    package func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        let user = try request[Parameter<UserID>.user]
        return .json(try await self.closer.close(.user(user), request))
    }
}
