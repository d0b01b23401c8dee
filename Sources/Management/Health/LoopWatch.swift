import Instruments
import Observability

/// Whether the event loops still answer: each is sent a question, and one that owes its answer for too long has failed.
///
/// A probe never waits for a stuck loop longer than a moment, so it is answered within the patience of its prober,
/// whatever the loops do. How long an answer is owed counts from the first probe that got none: a loop that is stuck
/// for good fails every probe from `bound` after the first.
package final class LoopWatch: Sendable {
    /// One loop, as this sees it.
    package struct Loop: Sendable {
        package let name: String
        /// Has the loop call the closure, in its turn, on its own thread; `false` once it has ended.
        package let execute: @Sendable (@escaping @Sendable () -> Void) -> Bool

        package init(name: String, execute: @escaping @Sendable (@escaping @Sendable () -> Void) -> Bool) {
            self.name = name
            self.execute = execute
        }
    }

    /// A loop's work of one turn takes milliseconds; what has not come round in this time is not coming.
    package static let generousBound = Duration.seconds(5)

    private let loop: Loop
    private let bound: Duration
    private let moment: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    /// When the question was asked that has no answer yet.
    private let owedSince = Lock<ContinuousClock.Instant?>(nil)

    /// - Parameters:
    ///   - bound: How long an answer may be owed.
    ///   - moment: How long a probe waits for an answer, to be certain that all is well.
    package init(
        _ loop: Loop,
        bound: Duration = LoopWatch.generousBound,
        moment: Duration = .milliseconds(250),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.loop = loop
        self.bound = bound
        self.moment = moment
        self.now = now
    }

    /// The check of the liveness probe, named after the loop.
    package var check: HealthCheck {
        HealthCheck(self.loop.name) { await self.verdict() }
    }

    package func verdict() async -> HealthCheck.Verdict {
        let now = self.now()
        let owedSince = self.owedSince.withLock { owedSince -> ContinuousClock.Instant? in
            if let owedSince { return owedSince }
            owedSince = now
            return nil
        }
        if let owedSince { return self.verdict(owedFor: now - owedSince) }
        let answer = FirstValue<HealthCheck.Verdict>()
        let isPosted = self.loop.execute {
            self.owedSince.withLock { $0 = nil }
            answer.give(.ok)
        }
        guard isPosted else { return .failed("it has ended") }
        // Not a child of a group: that would wait for the loop.
        let timer = Task {
            guard (try? await Task.sleep(for: self.moment)) != nil else { return }
            answer.give(self.verdict(owedFor: self.moment))
        }
        defer { timer.cancel() }
        return await answer.value
    }

    private func verdict(owedFor time: Duration) -> HealthCheck.Verdict {
        if time >= self.bound { return .failed("no answer for \(time.components.seconds) s") }
        return time >= self.moment ? .degraded("busy for \(time.wholeMilliseconds) ms") : .ok
    }
}
