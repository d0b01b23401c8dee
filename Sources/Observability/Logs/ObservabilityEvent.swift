package import Instruments

/// The events that this target itself logs.
package enum ObservabilityEvent: String, LogEvent {
    case linesDropped = "log.dropped"
    case sourceLate = "metrics.source_late"

    package var level: LogLevel { .warning }

    package var message: String {
        switch self {
        case .linesDropped: "Lines before this one were dropped, since whoever reads the log was too slow or gone."
        case .sourceLate: "A part did not tell its numbers in time; its last ones are shown."
        }
    }

    package var fields: [LogField] {
        switch self {
        case .linesDropped: [.count]
        case .sourceLate: [.source, .durationMs]
        }
    }
}
