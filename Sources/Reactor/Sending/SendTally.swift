import Instruments

/// The counters of one loop for its room frames, by lane and outcome.
struct SendTally {
    static let lanes = 16
    private static let kinds = DeliveryOutcome.allCases.count

    // Flat, since adding to a generic table of another target costs more than the rest of a delivery.
    private var outcomes: [UInt64] = Array(repeating: 0, count: SendTally.lanes * SendTally.kinds)
    private var payloadBytes: [UInt64] = Array(repeating: 0, count: SendTally.lanes)
    /// How long frames had waited when the kernel took their last byte.
    private(set) var queueAge = Histogram(bounds: Histogram.latencySeconds)

    /// Counts room frames; replies have no outcomes.
    mutating func count(_ frames: Int, of lane: UInt8, as outcome: DeliveryOutcome) {
        guard lane != 0, frames != 0 else { return }
        self.outcomes[Int(lane) * SendTally.kinds + Int(outcome.rawValue)] += UInt64(frames)
    }

    mutating func countWritten(_ frames: Int, of lane: UInt8, payloadBytes: Int) {
        guard lane != 0, frames != 0 else { return }
        self.count(frames, of: lane, as: .written)
        self.payloadBytes[Int(lane)] += UInt64(payloadBytes)
    }

    mutating func observeAge(_ nanoseconds: UInt64, frames: Int) {
        self.queueAge.observe(Double(nanoseconds) / 1e9, times: UInt64(frames))
    }

    /// Everything counted so far; pending frames are counted from the queues.
    func lanes(pending: [UInt64]) -> [LaneCounts] {
        (0..<SendTally.lanes).map { lane in
            LaneCounts(
                outcomes: PerCase { self.outcomes[lane * SendTally.kinds + Int($0.rawValue)] },
                payloadBytes: self.payloadBytes[lane],
                pending: pending[lane]
            )
        }
    }
}
