package import Instruments

/// Why a listener did not let a request reach its handler, or the handler had no answer.
package enum HTTPRejection: UInt8, Vocabulary {
    /// A connection that sent nothing in time.
    case silent
    case headTimeout
    case bodyTimeout
    /// Not HTTP/1.1, or ambiguous.
    case malformed
    /// Head, target, fields or body beyond a limit.
    case tooLarge
    /// Valid HTTP, but of a kind not supported here: 417, 501, 505.
    case unsupported
    case notFound
    case methodNotAllowed
    /// Refused by the listener's own rule, before the body was read.
    case refused
    case overloaded
    case handlerFailed

    package var label: String {
        switch self {
        case .silent: "silent"
        case .headTimeout: "head_timeout"
        case .bodyTimeout: "body_timeout"
        case .malformed: "malformed"
        case .tooLarge: "too_large"
        case .unsupported: "unsupported"
        case .notFound: "not_found"
        case .methodNotAllowed: "method_not_allowed"
        case .refused: "refused"
        case .overloaded: "overloaded"
        case .handlerFailed: "handler_failed"
        }
    }
}

/// The counters of one server.
///
/// Plain numbers: its loop owns them, and copies them whole when a scrape asks.
package struct HTTPServerCounts: Sendable {
    /// Heads that have been read.
    package var requests: UInt64 = 0
    /// Requests that were passed to the handler of a route.
    package var handled: UInt64 = 0
    package var rejections = PerCase<HTTPRejection, UInt64>(repeating: 0)

    package init() {}
}
