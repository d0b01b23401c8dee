package import Instruments

/// What the Redis broker writes to the log.
///
/// `reason` begins with the connection concerned: `publish` or `subscribe`.
package enum RedisEvent: String, LogEvent {
    case up = "redis.up"
    case down = "redis.down"
    case connected = "redis.connected"
    case connectionLost = "redis.connection_lost"
    case attemptFailed = "redis.attempt_failed"
    /// For the same reason as the last one, so not worth a warning each time.
    case attemptFailedAgain = "redis.attempt_failed_again"
    case subscribed = "redis.subscribed"
    case refused = "redis.refused"
    case unreadable = "redis.unreadable"
    case mislabelled = "redis.mislabelled"
    case gap = "redis.gap"
    case duplicate = "redis.duplicate"
    case late = "redis.late"

    package var level: LogLevel {
        switch self {
        case .up, .subscribed: .info
        case .down, .connectionLost, .attemptFailed, .refused, .unreadable, .mislabelled, .gap, .duplicate, .late:
            .warning
        case .connected, .attemptFailedAgain: .debug
        }
    }

    /// Anybody who reaches Redis, and any client that names rooms, can bring these about.
    package var lineLimit: Int? {
        switch self {
        case .refused, .unreadable, .mislabelled: 20
        default: nil
        }
    }

    package var message: String {
        switch self {
        case .up: "Both connections to Redis are up, and messages pass between instances."
        case .down: "A connection to Redis is missing, and messages do not pass between instances."
        case .connected: "A connection to Redis is up."
        case .connectionLost: "A connection to Redis was lost."
        case .attemptFailed: "Connecting to Redis failed; it will be tried again."
        case .attemptFailedAgain: "Connecting to Redis failed for the same reason as before; it will be tried again."
        case .subscribed: "All rooms are subscribed to again after connecting to Redis."
        case .refused: "Redis refused a command."
        case .unreadable: "Something from Redis could not be read and was not delivered."
        case .mislabelled:
            "A message from Redis was not the JSON or text it was declared to be; it was delivered as text or bytes."
        case .gap: "Messages were published but never arrived from Redis."
        case .duplicate: "Messages arrived from Redis a second time and were not delivered again."
        case .late: "Messages sent over an abandoned connection arrived after newer ones and were not delivered."
        }
    }

    package var fields: [LogField] {
        switch self {
        case .up: [.broker, .address]
        case .down: [.broker, .reason]
        case .connected: [.broker, .address, .reason]
        case .connectionLost: [.broker, .address, .reason, .durationMs]
        case .attemptFailed, .attemptFailedAgain: [.broker, .reason, .waitMs]
        case .subscribed: [.broker, .count, .durationMs]
        case .refused: [.broker, .room, .error, .count]
        case .unreadable, .mislabelled, .gap, .duplicate, .late: [.broker, .room, .error, .count]
        }
    }
}
