package import Messaging

/// The stages in the life of a session; each is reached from an earlier one.
package enum SessionState: UInt8, Comparable, Sendable {
    /// The handshake did not say who the client is.
    case unnamed
    case open
    /// It has left its rooms and counts as closed; its last bytes are on their way.
    case sayingGoodbye
    /// Its socket is gone.
    case closed

    /// Whether the client may ask for this now.
    package func allows(_ command: CommandName) -> Bool {
        switch self {
        case .unnamed: command == .connect
        case .open: true
        case .sayingGoodbye, .closed: false
        }
    }

    /// Whether the goodbye is still to come.
    package var isLive: Bool { self < .sayingGoodbye }

    package static func < (left: SessionState, right: SessionState) -> Bool { left.rawValue < right.rawValue }
}
