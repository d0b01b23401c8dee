/// Why there is no answer.
package enum HTTPClientError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The request itself is wrong; nothing was sent.
    case invalidRequest(String)
    case unresolved(reason: String)
    case unreachable(reason: String)
    case timedOut(reason: String)
    /// The TLS handshake failed, or the certificate is not trusted.
    case untrusted(reason: String)
    case answerTooLarge(limit: Int)
    /// The connection broke, or the answer is not HTTP.
    case broken(reason: String)
    /// The calling task was cancelled.
    case cancelled
    /// The client was shut down.
    case closed

    package var description: String {
        switch self {
        case .invalidRequest(let reason), .unresolved(let reason), .unreachable(let reason), .untrusted(let reason),
            .timedOut(let reason), .broken(let reason):
            reason
        case .answerTooLarge(let limit): "the answer is larger than \(limit) bytes"
        case .cancelled: "cancelled"
        case .closed: "the HTTP client is shut down"
        }
    }
}
