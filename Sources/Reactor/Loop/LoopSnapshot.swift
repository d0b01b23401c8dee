package import Instruments

/// The counters of one loop for the room frames of one lane.
package struct LaneCounts: Sendable, Equatable {
    package let outcomes: PerCase<DeliveryOutcome, UInt64>
    /// Payload bytes of the frames written.
    package let payloadBytes: UInt64
    /// Frames waiting in send queues, counted from the queues themselves.
    package let pending: UInt64
}

/// One loop's numbers, copied in one turn.
///
/// Counters count since the loop was made.
package struct LoopSnapshot: Sendable {
    package let loop: String
    package let at: Instant
    /// One per lane; lane 0 only has `pending`.
    package let lanes: [LaneCounts]
    package let queuedBytes: Int
    /// Connections with something queued.
    package let backlogged: Int
    /// How long frames had waited in a queue when they were written, in seconds.
    package let queueAge: Histogram
    /// How long each tick kept everything else waiting, in seconds.
    package let lag: Histogram
    package let busy: Duration
    package let idle: Duration
    package let ticks: UInt64
    package let open: Int
    package let accepted: UInt64
    /// How often a listener had to pause because no descriptor was available.
    package let acceptFailures: UInt64
    /// Connections closed at once, because no descriptor was available or they were refused.
    package let refused: UInt64
}

/// Where a loop's time goes.
struct LoopMeter {
    private(set) var busy: UInt64 = 0
    private(set) var idle: UInt64 = 0
    private(set) var ticks: UInt64 = 0
    private(set) var lag = Histogram(bounds: Histogram.latencySeconds)
    private var lastMark: UInt64
    private var recent: RecentPeak

    init(now: UInt64) {
        self.lastMark = now
        self.recent = RecentPeak(now: now)
    }

    /// The tick's work is done.
    mutating func waits(at now: UInt64) {
        let spent = now > self.lastMark ? now - self.lastMark : 0
        self.busy += spent
        self.ticks += 1
        self.lag.observe(Double(spent) / 1e9)
        self.recent.note(spent, at: now)
        self.lastMark = now
    }

    /// The longest of the ticks that ended in the last 15 to 30 seconds.
    var recentLag: UInt64 { self.recent.peak(at: self.lastMark) }

    mutating func works(at now: UInt64) {
        self.idle += now > self.lastMark ? now - self.lastMark : 0
        self.lastMark = now
    }
}
