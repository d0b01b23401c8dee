import HTTP
import HTTPServer

/// `GET /openapi.json`: the description of this interface.
struct OpenAPIEndpoint: Endpoint {
    static let declaration = EndpointDeclaration(
        "describe",
        .get,
        "/openapi.json",
        "The description of this interface (OpenAPI 3.1).",
        isOpen: true,
        answers: [
            EndpointDeclaration.Answer(.ok, "The description.", [("application/json", .table(of: .anything))])
        ]
    )

    private let text: [UInt8]

    /// - Parameter others: All endpoints but this one.
    init(version: String, of others: [EndpointDeclaration]) {
        self.text = ManagementJSON.encode(OpenAPI(version: version, declarations: others + [Self.declaration]).document)
    }

    var declaration: EndpointDeclaration { Self.declaration }

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        .momentary(self.text, "application/json")
    }
}
