import HTTP
import HTTPServer

/// One route of the management listener: what it takes, who may use it, and its answer.
protocol Endpoint: Sendable {
    var method: HTTPMethod { get }
    var pattern: String { get }
    /// Whether it may be used without the credentials of `ManagementAccess`.
    var isOpen: Bool { get }

    func answer(_ request: HTTPRequest) async throws -> HTTPResponse
}

extension HTTPResponse {
    /// An answer that must not be cached, as for all answers of this listener.
    static func momentary(_ body: [UInt8], _ contentType: String, status: HTTPStatus = .ok) -> HTTPResponse {
        let headers: HTTPHeaders = ["Content-Type": contentType, "Cache-Control": "no-store"]
        return HTTPResponse(status: status, headers: headers, body: .bytes(body))
    }
}
