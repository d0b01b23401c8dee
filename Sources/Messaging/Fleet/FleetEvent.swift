package import Instruments

/// The log events of the fleet channel.
package enum FleetEvent: String, LogEvent {
    case peerCame = "fleet.peer_came"
    case peerLeft = "fleet.peer_left"
    case peerLost = "fleet.peer_lost"
    case questionRefused = "fleet.question_refused"
    case messageRejected = "fleet.message_rejected"

    package var level: LogLevel {
        switch self {
        case .peerCame, .peerLeft: .info
        case .peerLost, .questionRefused, .messageRejected: .warning
        }
    }

    package var message: String {
        switch self {
        case .peerCame: "Another instance was heard from for the first time."
        case .peerLeft: "Another instance said goodbye."
        case .peerLost: "Another instance has not been heard from for too long and is considered gone."
        case .questionRefused: "Questions from other instances were not answered because too many came at once."
        case .messageRejected: "Messages from other instances were ignored because they could not be trusted or read."
        }
    }

    package var fields: [LogField] {
        switch self {
        case .peerCame: [.peer, .version, .count]
        case .peerLeft, .peerLost: [.peer, .count]
        case .questionRefused: [.count]
        case .messageRejected: [.reason, .count]
        }
    }
}
