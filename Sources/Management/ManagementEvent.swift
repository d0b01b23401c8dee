package import HTTPServer
package import Instruments
package import Reactor

/// What operators do through the management listener, and what goes wrong there.
package enum ManagementEvent: String, LogEvent {
    case drainRequested = "management.drain_requested"
    case requestFailed = "management.request_failed"

    package var level: LogLevel {
        switch self {
        case .drainRequested: .info
        case .requestFailed: .error
        }
    }

    package var message: String {
        switch self {
        case .drainRequested: "An operator requested a drain."
        case .requestFailed: "The gateway failed to answer a request on the management listener."
        }
    }

    package var fields: [LogField] {
        switch self {
        case .drainRequested: [.remoteAddress]
        case .requestFailed: [.remoteAddress, .reason, .error]
        }
    }

    /// Anybody who reaches the port can send too many requests at once.
    package var lineLimit: Int? {
        switch self {
        case .drainRequested: nil
        case .requestFailed: 20
        }
    }

    /// What the management listener's `onRejection` does: counts what is the server's fault and writes a line.
    package static func tell(
        _ log: EventLog,
        counting failures: ManagementFailures
    ) -> (HTTPRejection, SocketAddress, (any Error)?) -> Void {
        { rejection, peer, error in
            guard failures.note(rejection) else { return }
            log.write(
                Self.requestFailed,
                [
                    (.remoteAddress, .text(peer.ip)), (.reason, .text(rejection.label)),
                    (.error, .text(error.map { "\($0)" } ?? "too many requests at once")),
                ]
            )
        }
    }
}
