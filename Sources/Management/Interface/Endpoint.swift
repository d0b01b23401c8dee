package import HTTP
package import HTTPServer

/// One route of the management listener: a file that says what it takes and answers, and does it.
package protocol Endpoint: Sendable {
    var declaration: EndpointDeclaration { get }

    /// Called with parameters that are as declared; an `HTTPProblem` that it throws is the answer.
    func answer(_ request: HTTPRequest) async throws -> HTTPResponse
}

extension HTTPResponse {
    /// An answer that must not be cached, as for all answers of this listener.
    static func momentary(_ body: [UInt8], _ contentType: String, status: HTTPStatus = .ok) -> HTTPResponse {
        let headers: HTTPHeaders = ["Content-Type": contentType, "Cache-Control": "no-store"]
        return HTTPResponse(status: status, headers: headers, body: .bytes(body))
    }

    /// The same with a value as JSON.
    package static func json(_ value: some DescribedJSON, status: HTTPStatus = .ok) -> HTTPResponse {
        .momentary(ManagementJSON.encode(value), "application/json", status: status)
    }
}
