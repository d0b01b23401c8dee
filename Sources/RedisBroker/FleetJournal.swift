import Instruments
import Messaging

/// Logs fleet events, no more often than a log can bear, since anybody may publish to the channel.
final class FleetJournal {
    private static let peerLines = 50
    private let log: EventLog
    private var came = LineLimit(lines: peerLines)
    private var left = LineLimit(lines: peerLines)
    private var lost = LineLimit(lines: peerLines)
    private var refused = LineLimit()
    private var rejected = PerCase<FleetRejection, LineLimit> { _ in LineLimit() }

    init(log: EventLog) {
        self.log = log
    }

    func write(_ note: FleetNote, at now: Instant) {
        switch note {
        case .peerCame(let peer, let build):
            self.write(.peerCame, self.came.admit(at: now), [(.peer, .text(peer)), (.version, .text(build))])
        case .peerLeft(let peer):
            self.write(.peerLeft, self.left.admit(at: now), [(.peer, .text(peer))])
        case .peerLost(let peer):
            self.write(.peerLost, self.lost.admit(at: now), [(.peer, .text(peer))])
        case .questionRefused:
            self.write(.questionRefused, self.refused.admit(at: now), [])
        case .rejected(let reason):
            self.write(.messageRejected, self.rejected[reason].admit(at: now), [(.reason, .text(reason.label))])
        }
    }

    /// - Parameter count: How often it happened since the last line; `nil` for no line now.
    private func write(_ event: FleetEvent, _ count: UInt64?, _ values: [(LogField, LogValue)]) {
        guard let count else { return }
        self.log.write(event, values + [(.count, .integer(Int64(clamping: count)))])
    }
}

@available(*, unavailable) extension FleetJournal: Sendable {}
