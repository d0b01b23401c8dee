package import HTTPServer
package import Instruments
package import Reactor

/// What operators do through the management listener, and what goes wrong there.
package enum ManagementEvent: String, LogEvent {
    case drainRequested = "management.drain_requested"
    case messagePublished = "management.message_published"
    case publicationRefused = "management.publication_refused"
    case connectionsClosed = "management.connections_closed"
    case requestFailed = "management.request_failed"

    package var level: LogLevel {
        switch self {
        case .drainRequested, .connectionsClosed: .info
        case .messagePublished, .publicationRefused: .debug
        case .requestFailed: .error
        }
    }

    package var message: String {
        switch self {
        case .drainRequested: "An operator requested a drain."
        case .messagePublished: "The broker accepted a message that was published by request."
        case .publicationRefused: "A message that was published by request was refused by the broker."
        case .connectionsClosed: "An operator closed connections, on any instance; error is what the clients were told."
        case .requestFailed: "The gateway failed to answer a request on the management listener."
        }
    }

    package var fields: [LogField] {
        switch self {
        case .drainRequested: [.remoteAddress]
        case .messagePublished: [.room, .messageId, .remoteAddress]
        case .publicationRefused: [.room, .messageId, .remoteAddress, .reason, .error]
        case .connectionsClosed: [.connectionId, .userId, .remoteAddress, .closeCode, .error, .count]
        case .requestFailed: [.remoteAddress, .reason, .error]
        }
    }

    /// Anybody who reaches the port can send too many requests at once.
    package var lineLimit: Int? {
        switch self {
        case .drainRequested, .messagePublished, .publicationRefused, .connectionsClosed: nil
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
