package import Instruments

/// What the process as a whole writes to the log.
package enum GatewayEvent: String, LogEvent {
    case started = "gateway.started"
    case failedToStart = "gateway.failed_to_start"
    case stopped = "gateway.stopped"
    case acceptFailed = "listener.accept_failed"
    case loopLate = "loop.late"
    case drainBegan = "drain.began"
    case drainClosing = "drain.closing"
    case drainEnded = "drain.ended"

    package var level: LogLevel {
        switch self {
        case .started, .stopped, .drainBegan, .drainClosing, .drainEnded: .info
        case .acceptFailed, .loopLate: .warning
        case .failedToStart: .error
        }
    }

    package var message: String {
        switch self {
        case .started: "The gateway is listening."
        case .failedToStart: "The gateway could not start."
        case .stopped: "The gateway has stopped."
        case .acceptFailed: "New connections could not be taken; they wait or were turned away."
        case .loopLate: "An event loop did not answer in time; its last numbers are shown."
        case .drainBegan: "The instance is unready and will let go of its clients."
        case .drainClosing: "Clients are told to reconnect elsewhere."
        case .drainEnded: "The drain is over."
        }
    }

    package var fields: [LogField] {
        switch self {
        case .started: [.address, .managementAddress, .broker, .loops, .version]
        case .failedToStart: [.error]
        case .stopped: []
        case .acceptFailed: [.loop, .error, .count, .waitMs]
        case .loopLate: [.loop, .durationMs]
        case .drainBegan: [.waitMs]
        case .drainClosing: [.connections, .durationMs]
        case .drainEnded: [.connections, .durationMs]
        }
    }
}
