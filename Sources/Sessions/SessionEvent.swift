package import Instruments

/// What sessions write to the log.
package enum SessionEvent: String, LogEvent {
    case opened = "connection.opened"
    case closed = "connection.closed"
    case resumed = "connection.resumed"
    case subscribed = "room.subscribed"
    case unsubscribed = "room.unsubscribed"
    case commandFailed = "command.failed"
    case publicationRefused = "publication.refused"

    package var level: LogLevel {
        switch self {
        case .opened, .closed, .resumed: .info
        case .subscribed, .unsubscribed, .commandFailed, .publicationRefused: .debug
        }
    }

    package var message: String {
        switch self {
        case .opened: "A client connected."
        case .closed: "A connection ended."
        case .resumed: "A client continued its earlier connection."
        case .subscribed: "A connection joined a room."
        case .unsubscribed: "A connection left a room."
        case .commandFailed: "A client's command could not be carried out."
        case .publicationRefused: "A client's message was not accepted."
        }
    }

    package var fields: [LogField] {
        let identity: [LogField] = [.connectionId, .userId, .protocol]
        return switch self {
        case .opened: identity + [.transport, .remoteAddress]
        case .closed:
            identity + [
                .transport, .remoteAddress, .initiator, .reason, .closeCode, .durationMs, .room, .error,
                .messagesReceived, .messagesSent, .bytesReceived, .bytesSent, .dropped,
            ]
        case .resumed: identity + [.count, .durationMs]
        case .subscribed, .unsubscribed: identity + [.room]
        case .commandFailed: identity + [.reason, .error]
        case .publicationRefused: identity + [.room, .messageId, .reason]
        }
    }
}
