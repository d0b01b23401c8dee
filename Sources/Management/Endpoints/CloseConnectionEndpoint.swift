import HTTP
package import HTTPServer
import Messaging

/// `DELETE /api/v1/connections/{connectionId}`: closes one connection, wherever in the fleet it is.
package struct CloseConnectionEndpoint: Endpoint {
    private let closer: OperatorCloser

    package init(_ closer: OperatorCloser) {
        self.closer = closer
    }

    package var declaration: EndpointDeclaration {
        EndpointDeclaration(
            "closeConnection",
            .delete,
            "/api/v1/connections/{connectionId}",
            "Closes one connection, on whichever instance it is.",
            parameters: [Parameter<ConnectionID>.connection, CloseCodes.code, CloseCodes.reason],
            answers: ClosedAnswer.answers
        )
    }

    package func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        let connection = try request[Parameter<ConnectionID>.connection]
        return .json(try await self.closer.close(.connection(connection), request))
    }
}
