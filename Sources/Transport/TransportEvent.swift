package import Instruments

/// What the public listener writes to the log.
package enum TransportEvent: String, LogEvent {
    case rejected = "handshake.rejected"

    package var level: LogLevel { .info }

    package var message: String {
        switch self {
        case .rejected: "A client was turned away before it had a connection."
        }
    }

    package var fields: [LogField] {
        switch self {
        case .rejected: [.remoteAddress, .stage, .status, .reason, .error]
        }
    }

    /// Anybody can send nonsense, at any rate.
    package var lineLimit: Int? { 20 }
}
