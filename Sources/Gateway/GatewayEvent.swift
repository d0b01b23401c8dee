package import Instruments

/// What the process as a whole writes to the log.
package enum GatewayEvent: String, LogEvent {
    case started = "gateway.started"
    case failedToStart = "gateway.failed_to_start"
    case stopped = "gateway.stopped"
    case nothingToReload = "gateway.nothing_to_reload"
    case acceptFailed = "listener.accept_failed"
    case loopLate = "loop.late"
    case drainBegan = "drain.began"
    case drainClosing = "drain.closing"
    case drainEnded = "drain.ended"

    package var level: LogLevel {
        switch self {
        case .started, .stopped, .nothingToReload, .drainBegan, .drainClosing, .drainEnded: .info
        case .acceptFailed, .loopLate: .warning
        case .failedToStart: .error
        }
    }

    package var message: String {
        switch self {
        case .started: "The gateway is listening."
        case .failedToStart: "The gateway could not start."
        case .stopped: "The gateway has stopped."
        case .nothingToReload: "SIGHUP changes nothing: settings are read at the start only. Restart to change them."
        case .acceptFailed: "New connections could not be accepted; they wait or were turned away."
        case .loopLate: "An event loop did not report its metrics in time; its previous values are shown."
        case .drainBegan: "A drain has begun: the instance is unready, and its clients will be closed after waitMs."
        case .drainClosing: "Clients are being closed and told to reconnect elsewhere, evenly over waitMs."
        case .drainEnded: "The drain is over; any connections that are left are cut."
        }
    }

    package var fields: [LogField] {
        switch self {
        case .started: [.address, .managementAddress, .broker, .loops, .version]
        case .failedToStart: [.error]
        case .stopped, .nothingToReload: []
        case .acceptFailed: [.loop, .error, .count, .waitMs]
        case .loopLate: [.loop, .durationMs]
        case .drainBegan: [.waitMs]
        case .drainClosing: [.connections, .waitMs]
        case .drainEnded: [.connections, .durationMs]
        }
    }
}
