import Instruments

/// Whether an event loop still responds: it is sent a question, and has failed if it does not answer for too long.
///
/// A probe never waits long for a stuck loop, so it is answered within the prober's time-out, whatever the loops do.
/// The time without an answer counts from the first probe that got none: a loop that is stuck for good fails every
/// probe from `bound` after the first.
package struct LoopWatch: Sendable {
    /// One turn of a loop takes milliseconds; a loop that does not respond within this time is stuck.
    package static let generousBound = Duration.seconds(5)

    private let name: String
    private let inquiry: Inquiry<Void>
    private let bound: Duration
    private let moment: Duration

    /// - Parameters:
    ///   - name: The name of the loop.
    ///   - bound: How long an answer may be overdue.
    ///   - moment: How long a probe waits for an answer, to be sure that all is well.
    ///   - clock: The clock that measures both.
    ///   - execute: Makes the loop call the closure in its turn, on its own thread; `false` once it has ended.
    package init(
        of name: String,
        bound: Duration = LoopWatch.generousBound,
        moment: Duration = .milliseconds(250),
        clock: some Clock<Duration> = ContinuousClock(),
        execute: @escaping @Sendable (@escaping @Sendable () -> Void) -> Bool
    ) {
        self.name = name
        self.inquiry = Inquiry(clock: clock) { answer in execute { answer(()) } }
        self.bound = bound
        self.moment = moment
    }

    /// The check of the liveness probe, named after the loop.
    package var check: HealthCheck {
        HealthCheck(self.name) { await self.verdict() }
    }

    package func verdict() async -> HealthCheck.Verdict {
        switch await self.inquiry.reply(within: self.moment) {
        case .inTime: .ok
        case .ended: .failed("it has ended")
        case .late(_, let owing, _) where owing >= self.bound: .failed("no answer for \(owing.components.seconds) s")
        case .late(_, let owing, _) where owing >= self.moment: .degraded("busy for \(owing.wholeMilliseconds) ms")
        case .late: .ok
        }
    }
}
