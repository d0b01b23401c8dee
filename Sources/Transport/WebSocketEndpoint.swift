import HTTP
package import HTTPServer
import Messaging
import Reactor
import Sessions
import WebSocket

/// Answers the handshakes of one loop's WebSocket endpoints.
package final class WebSocketEndpoint {
    private let shared: WebSocketHost
    private let rules: Upgrade.Rules
    /// The current 101; reused for every handshake.
    private var answer: [UInt8] = []

    package init(_ shared: WebSocketHost, rules: Upgrade.Rules) {
        self.shared = shared
        self.rules = rules
    }

    /// Answers one request to an endpoint: with a 101 after which the connection is a WebSocket, or with a refusal.
    ///
    /// It may be called after the request arrived: what the client sends meanwhile is read after the 101, and a client
    /// that has gone is ignored.
    package func answer(_ exchange: HTTPExchange, for endpoint: Upgrade.Endpoint) {
        guard !exchange.isOver else { return }
        do throws(UpgradeRefusal) {
            guard !self.shared.isDraining else {
                throw UpgradeRefusal(.draining, .serviceUnavailable, "this instance is being drained; connect again")
            }
            let head = exchange.request.head
            let handshake = try Self.handshake(head)
            let upgrade = try Upgrade(head.target, offering: handshake.subprotocols, for: endpoint, self.rules)
            self.open(upgrade, handshake, exchange)
        } catch {
            self.shared.noteRejected(error, exchange.request.peer)
            exchange.refuse(HTTPProblem(error.status, error.explanation, headers: error.headers))
        }
    }

    private static func handshake(_ head: RequestHead) throws(UpgradeRefusal) -> Handshake {
        do throws(HandshakeRefusal) {
            return try Handshake(head)
        } catch {
            throw UpgradeRefusal(error)
        }
    }

    private func open(_ upgrade: Upgrade, _ handshake: Handshake, _ exchange: HTTPExchange) {
        let identity = Identity(
            connection: self.shared.registry.makeConnectionID(),
            user: upgrade.user.map { .named($0) } ?? .anonymous,
            protocolName: upgrade.protocolName,
            transport: .websocket,
            remoteAddress: exchange.request.peer.ip
        )
        let connection = WebSocketConnection(self.shared, exchange.connection, upgrade.client)
        self.answer.removeAll(keepingCapacity: true)
        handshake.writeAnswer(subprotocol: upgrade.subprotocol, into: &self.answer)
        let answer = self.answer
        exchange.upgrade(sending: answer.span, to: connection)
        // A client that has already gone never got its 101, so it gets no session.
        guard self.shared.loop.isOpen(exchange.connection) else { return }
        self.shared.noteOpened(exchange, as: identity.protocolName)
        connection.open(identity)
    }
}

@available(*, unavailable) extension WebSocketEndpoint: Sendable {}
