import Instruments

/// Why a WebSocket handshake was refused before its 101: label values of `handshakes_rejected_total`.
package enum HandshakeRejection: UInt8, Vocabulary {
    /// Not a GET.
    case method
    /// No valid RFC 6455 handshake.
    case badHandshake
    /// Another version than 13.
    case version
    /// Nothing of what the client offered is spoken here.
    case subprotocol
    /// No room, or a name that is none, or too many.
    case room
    /// A `?user=` that is no user id.
    case user
    /// A token, which this gateway does not take.
    case token
    /// The instance is letting go of its clients.
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
