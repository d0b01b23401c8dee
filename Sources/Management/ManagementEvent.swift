package import Instruments

/// What operators do through the management listener.
package enum ManagementEvent: String, LogEvent {
    case drainRequested = "management.drain_requested"

    package var level: LogLevel { .info }

    package var message: String {
        switch self {
        case .drainRequested: "An operator requested a drain."
        }
    }

    package var fields: [LogField] {
        switch self {
        case .drainRequested: [.remoteAddress]
        }
    }
}
