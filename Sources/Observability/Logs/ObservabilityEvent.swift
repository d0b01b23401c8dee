package import Instruments

/// The events that this target itself logs.
package enum ObservabilityEvent: String, LogEvent {
    case linesDropped = "log.dropped"
    case linesOmitted = "log.omitted"
    case sourceLate = "metrics.source_late"

    package var level: LogLevel {
        switch self {
        case .linesOmitted: .info
        case .linesDropped, .sourceLate: .warning
        }
    }

    package var message: String {
        switch self {
        case .linesDropped: "Lines before this one were lost because the reader of the log is too slow or gone."
        case .linesOmitted: "Too many lines of one event came within ten seconds, and these were left out."
        case .sourceLate: "A part of the gateway did not report its metrics in time; its previous values are shown."
        }
    }

    package var fields: [LogField] {
        switch self {
        case .linesDropped: [.count]
        case .linesOmitted: [.limitedEvent, .reason, .count]
        case .sourceLate: [.source, .durationMs]
        }
    }
}
