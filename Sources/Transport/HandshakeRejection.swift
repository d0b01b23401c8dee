import Instruments

/// Why a WebSocket handshake was refused before its 101: label values of `handshakes_rejected_total`.
package enum HandshakeRejection: UInt8, Vocabulary {
    /// Not a GET.
    case method
    /// Not a valid RFC 6455 handshake.
    case badHandshake
    /// A version other than 13.
    case version
    /// None of the offered subprotocols is spoken here.
    case subprotocol
    /// No room, an invalid name, or too many rooms.
    case room
    /// A `?user=` that is not a user id.
    case user
    /// A token, which this gateway does not accept.
    case token
    /// The instance is draining.
    case draining

    package var label: String {
        switch self {
        case .method: "method"
        case .badHandshake: "bad_handshake"
        case .version: "version"
        case .subprotocol: "subprotocol"
        case .room: "room"
        case .user: "user"
        case .token: "token"
        case .draining: "draining"
        }
    }
}
