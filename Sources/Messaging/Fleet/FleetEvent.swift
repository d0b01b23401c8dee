package import Instruments

/// What is written to the log of the fleet channel.
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
        case .peerCame: "Another instance of the fleet was heard from for the first time."
        case .peerLeft: "Another instance of the fleet said goodbye."
        case .peerLost: "Another instance of the fleet has not been heard from for a while and is forgotten."
        case .questionRefused: "Questions of other instances were not answered because too many came at once."
        case .messageRejected: "Messages on the fleet channel could not be trusted or read and were ignored."
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
