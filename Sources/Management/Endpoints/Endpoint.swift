import HTTP
import HTTPServer

/// One route of the management listener: what it takes, who may, and its answer.
protocol Endpoint: Sendable {
    var method: HTTPMethod { get }
    var pattern: String { get }
    /// Whether it needs none of the credentials of `ManagementAccess`.
    var isOpen: Bool { get }

    func answer(_ request: HTTPRequest) async throws -> HTTPResponse
}

extension HTTPResponse {
    /// An answer that holds now and not later, as all on this listener do.
    static func momentary(_ body: [UInt8], _ contentType: String, status: HTTPStatus = .ok) -> HTTPResponse {
        let headers: HTTPHeaders = ["Content-Type": contentType, "Cache-Control": "no-store"]
        return HTTPResponse(status: status, headers: headers, body: .bytes(body))
    }
}
