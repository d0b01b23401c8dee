package import HTTP

/// An answer as a handler gives it; date, length and framing are added when it is written.
package struct HTTPResponse: Sendable {
    package enum Body: Sendable {
        case none
        /// Shared, not copied, however long it is.
        case bytes([UInt8])
        /// Written piece by piece by a task of its own; runs after the head is sent, and not at all for HEAD.
        ///
        /// If it throws, the connection is cut, so the client sees that the body is not complete.
        case stream(@Sendable (HTTPBodyWriter) async throws -> Void)
    }

    package var status: HTTPStatus
    package var headers: HTTPHeaders
    package var body: Body

    package init(status: HTTPStatus, headers: HTTPHeaders = [:], body: Body = .none) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Text with its type.
    package static func text(
        _ text: String,
        status: HTTPStatus = .ok,
        contentType: String = "text/plain; charset=utf-8"
    ) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Content-Type": contentType], body: .bytes(Array(text.utf8)))
    }
}
