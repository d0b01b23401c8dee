/// The kind of a frame (RFC 6455 section 5.2); all other values are reserved.
package enum Opcode: UInt8, Sendable {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10

    /// Whether frames of this kind may come between the fragments of a message.
    package var isControl: Bool { self.rawValue >= 8 }
}

/// Which end of a connection we are: a client masks what it sends, a server never does.
package enum WebSocketRole: Sendable {
    case server
    case client
}
