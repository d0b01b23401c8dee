package import HTTP

/// An answer as a handler returns it; date, length and framing are added when it is written.
package struct HTTPResponse: Sendable {
    package enum Body: Sendable {
        case none
        /// Shared, not copied, whatever its length.
        case bytes([UInt8])
        /// Written in pieces by its own task, after the head has been sent; not called for HEAD.
        ///
        /// If it throws, the connection is cut, so the client sees that the body is incomplete.
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

    /// Text with its media type.
    package static func text(
        _ text: String,
        status: HTTPStatus = .ok,
        contentType: String = "text/plain; charset=utf-8"
    ) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Content-Type": contentType], body: .bytes(Array(text.utf8)))
    }
}
