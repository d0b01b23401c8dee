package import Instruments

/// What this target itself writes to the log.
package enum ObservabilityEvent: String, LogEvent {
    case linesDropped = "log.dropped"
    case library = "library.message"
    case sourceLate = "metrics.source_late"

    package var level: LogLevel {
        switch self {
        case .linesDropped, .sourceLate: .warning
        case .library: .info
        }
    }

    package var message: String {
        switch self {
        case .linesDropped: "Lines before this one were dropped, since whoever reads the log was too slow or gone."
        case .library: "A library wrote this line; level and sentence are its own."
        case .sourceLate: "A part did not tell its numbers in time; its last ones are shown."
        }
    }

    package var fields: [LogField] {
        switch self {
        case .linesDropped: [.count]
        case .library: LogField.allCases
        case .sourceLate: [.reason, .durationMs]
        }
    }
}
