import Instruments
import Reactor

/// Tells the log when a listener cannot take in who comes.
struct AcceptLog: Sendable {
    private let loop: String
    private let log: EventLog

    init(loop: String, _ log: EventLog) {
        self.loop = loop
        self.log = log
    }

    func note(_ failure: AcceptFailure) {
        self.log.write(
            GatewayEvent.acceptFailed,
            [
                (.loop, .text(self.loop)),
                (.error, .text(failure.sentence)),
                (.count, .integer(Int64(failure.shed))),
                (.waitMs, .integer(failure.pausedFor.wholeMilliseconds)),
            ]
        )
    }
}

extension AcceptFailure {
    fileprivate var sentence: String {
        switch self.errno {
        case 0: "the loop holds as many connections as it may"
        case 24:
            "the process has no file descriptor left for clients (ulimit -n); raise the limit or run more instances"
        case 23: "the system has no file descriptor left (fs.file-max)"
        case let number: "a connection could not be accepted: \(ReactorError.text(number))"
        }
    }
}
