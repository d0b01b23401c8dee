import Crypto
package import HTTP
import Notation
package import Reactor
package import Settings

/// Who may use everything but the probes and `/metrics`.
///
/// With a token, whoever brings it. Without one, only this machine; in Kubernetes nobody, since behind a sidecar every
/// peer looks like this machine.
package struct ManagementAccess: Sendable {
    package enum Refusal: Sendable, Equatable {
        case tokenMissing
        case tokenWrong
        /// No token is configured, and `reason` says why the caller does not count as this machine.
        case notThisMachine(String)
        case nobody
    }

    private enum Rule: Sendable {
        case token(Secret)
        case thisMachine
        case nobody
    }

    private let rule: Rule

    /// - Parameter environment: The process's environment, in which `KUBERNETES_SERVICE_HOST` is looked up.
    package init(token: Secret?, environment: [String: String]) {
        if let token {
            self.rule = .token(token)
        } else {
            self.rule = environment["KUBERNETES_SERVICE_HOST"] == nil ? .thisMachine : .nobody
        }
    }

    /// Why the request is refused, or `nil` if it may proceed.
    package func refusal(of head: RequestHead, from peer: SocketAddress) -> Refusal? {
        switch self.rule {
        case .token(let token): Self.refusal(of: head, demanding: token)
        case .thisMachine: Self.reasonNotThisMachine(head, peer).map { .notThisMachine($0) }
        case .nobody: .nobody
        }
    }

    private static func refusal(of head: RequestHead, demanding token: Secret) -> Refusal? {
        guard let credentials = head.headers["Authorization"] else { return .tokenMissing }
        let pair = credentials.split(separator: " ", maxSplits: 1)
        guard pair.count == 2, pair[0].lowercased() == "bearer" else { return .tokenMissing }
        let (brought, demanded) = (Array(pair[1].drop { $0 == " " }.utf8), Array(token.revealed.utf8))
        return constantTimeEqual(brought.span, demanded.span) ? nil : .tokenWrong
    }

    /// A peer on loopback may be a proxy acting for somebody else, or a browser running a stranger's page; the
    /// requested host name and the page's origin reveal that.
    private static func reasonNotThisMachine(_ head: RequestHead, _ peer: SocketAddress) -> String? {
        guard peer.isLoopback else { return "\(peer.ip) is another machine" }
        guard let host = head.host, Self.isLoopback(host) else {
            return "the Host field names no loopback address"
        }
        if let origin = head.headers["Origin"], origin.lowercased() != "http://" + host.lowercased() {
            return "a page of another origin asks"
        }
        for field in ["Forwarded", "X-Forwarded-For", "Via"] where head.headers[field] != nil {
            return "a proxy asks for somebody else"
        }
        return nil
    }

    /// Whatever the port.
    private static func isLoopback(_ host: String) -> Bool {
        let end = host.hasPrefix("[") ? host.lastIndex(of: "]").map(host.index(after:)) : host.firstIndex(of: ":")
        return IPAddress.isLoopback(host: String(host[..<(end ?? host.endIndex)]))
    }
}
