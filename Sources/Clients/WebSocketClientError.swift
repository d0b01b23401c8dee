package import HTTP
package import Reactor
package import WebSocket

/// Why a client has no connection, or no further message.
package enum WebSocketClientError: Error, Sendable {
    /// The connection failed, or ended before the server had answered.
    case notConnected(SocketEnding)
    case refused(RefusedHandshake)
    /// A 101 that does not prove that the server speaks WebSocket.
    case badAnswer(ClientHandshake.Failure)
    case malformedAnswer(HTTPError)
    /// The server closed the connection, with a close frame or without.
    case closed(PeerClose?)
    /// The server broke RFC 6455.
    case fault(WebSocketFault)
    case timedOut
    case cancelled
    /// The client's event loop has ended.
    case loopEnded
}

/// What a server answered instead of a 101.
package struct RefusedHandshake: Sendable {
    package let status: HTTPStatus
    package let headers: HTTPHeaders
    package let body: String
}

/// How a connection ended.
package struct WebSocketClosing: Equatable, Sendable {
    /// The server's close frame, if there was one.
    package let frame: PeerClose?
    package let socket: SocketEnding

    package var code: UInt16? { self.frame?.code }
    package var reason: String { self.frame?.reason ?? "" }
}
