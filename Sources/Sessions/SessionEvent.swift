package import Instruments

/// The events that sessions log.
package enum SessionEvent: String, LogEvent {
    case opened = "connection.opened"
    case closed = "connection.closed"
    case resumed = "connection.resumed"
    case resumeLate = "connection.resume_late"
    case dropsBegan = "connection.drops_began"
    case dropsEnded = "connection.drops_ended"
    case subscribed = "room.subscribed"
    case unsubscribed = "room.unsubscribed"
    case commandFailed = "command.failed"
    case publicationAccepted = "publication.accepted"
    case publicationRefused = "publication.refused"
    case fannedOut = "message.fanned_out"
    case deliveryQueued = "delivery.queued"
    case deliverySettled = "delivery.settled"

    package var level: LogLevel {
        switch self {
        case .opened, .closed, .resumed, .resumeLate, .dropsBegan, .dropsEnded: .info
        case .subscribed, .unsubscribed, .commandFailed, .publicationAccepted, .publicationRefused, .fannedOut,
            .deliveryQueued, .deliverySettled:
            .debug
        }
    }

    package var message: String {
        switch self {
        case .opened: "A client connected."
        case .closed: "A connection ended."
        case .resumed: "A client resumed its earlier connection; durationMs says how long it was away."
        case .resumeLate:
            "Redis answered for a resume token when its client waited no longer; the token can be used again."
        case .dropsBegan: "A client reads too slowly, and messages for it are being dropped (queue.policy)."
        case .dropsEnded: "A client has caught up, and messages for it are no longer dropped."
        case .subscribed: "A connection joined a room."
        case .unsubscribed: "A connection left a room."
        case .commandFailed: "A client's command failed."
        case .publicationAccepted: "The broker accepted a client's message."
        case .publicationRefused: "A client's message was refused."
        case .fannedOut: "A message is being sent to its room's members on one event loop."
        case .deliveryQueued: "A message waits in a client's send queue."
        case .deliverySettled: "The outcome of a message for one client is known."
        }
    }

    package var fields: [LogField] {
        let identity: [LogField] = [.connectionId, .userId, .protocol]
        return switch self {
        case .opened: identity + [.transport, .remoteAddress]
        case .closed:
            identity + [
                .transport, .remoteAddress, .initiator, .reason, .closeCode, .durationMs, .rttMs, .room, .error,
                .rooms, .messagesReceived, .messagesSent, .bytesReceived, .bytesSent, .dropped, .closedBeforeWrite,
                .writeErrors,
            ]
        case .resumed: identity + [.earlierConnectionId, .earlierInstance, .place, .durationMs]
        case .resumeLate: [.connectionId, .earlierConnectionId, .earlierInstance, .place]
        case .dropsBegan: identity + [.room]
        case .dropsEnded: identity + [.dropped, .durationMs]
        case .subscribed, .unsubscribed: identity + [.room]
        case .commandFailed: identity + [.command, .room, .reason, .error]
        case .publicationAccepted: identity + [.room, .messageId]
        case .publicationRefused: identity + [.room, .messageId, .reason, .error]
        case .fannedOut: [.room, .messageId, .userId, .loop, .count]
        case .deliveryQueued: identity + [.room, .messageId]
        case .deliverySettled: identity + [.room, .messageId, .outcome]
        }
    }

    /// A client that reads only now and then, or a slow Redis, could cause these again and again.
    package var lineLimit: Int? {
        switch self {
        case .resumeLate, .dropsBegan, .dropsEnded: 20
        default: nil
        }
    }
}
