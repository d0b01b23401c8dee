/// A request's line and fields, parsed and unambiguous.
package struct RequestHead: Sendable {
    package let method: HTTPMethod
    package let target: RequestTarget
    package let version: HTTPVersion
    package let headers: HTTPHeaders
    package let framing: BodyFraming
    /// What `Connection` asks for.
    package let connection: ConnectionOptions
    /// Whether the client waits for a 100 before it sends the body.
    package let expectsContinue: Bool

    /// Whom the request is meant for: the authority of a target in absolute form, otherwise `Host`.
    package var host: String? { self.target.authority ?? self.headers["Host"] }

    /// Whether another request may follow on the connection: HTTP/1.1 without `close`.
    ///
    /// HTTP/1.0 always ends.
    package var keepAlive: Bool { self.version == .http11 && !self.connection.contains(.close) }
}

/// How a body is delimited (RFC 9112 section 6).
package enum BodyFraming: Equatable, Sendable {
    /// There is none.
    case none
    case length(Int)
    case chunked
    /// For answers only: the body ends when the connection does.
    case untilClose
}

/// The options of the `Connection` field that matter here.
package struct ConnectionOptions: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let close = ConnectionOptions(rawValue: 1)
    package static let keepAlive = ConnectionOptions(rawValue: 2)
    package static let upgrade = ConnectionOptions(rawValue: 4)
}
