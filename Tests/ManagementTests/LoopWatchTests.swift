import Instruments
import TestKit
import Testing

@testable import Management

@Suite(.timeLimit(.minutes(1))) struct LoopWatchTests {
    /// A loop that does its work when it is told to.
    private final class FakeLoop: Sendable {
        let waiting = Lock<[@Sendable () -> Void]>([])
        let isStuck = Lock(false)
        let hasEnded = Lock(false)

        func execute(_ work: @escaping @Sendable () -> Void) -> Bool {
            guard !self.hasEnded.withLock({ $0 }) else { return false }
            if self.isStuck.withLock({ $0 }) { self.waiting.withLock { $0.append(work) } } else { work() }
            return true
        }

        func recover() {
            self.isStuck.withLock { $0 = false }
            for work in self.waiting.withLock({ exchange(&$0, with: []) }) { work() }
        }
    }

    private let clock = ManualClock()
    private let loop = FakeLoop()
    private let watch: LoopWatch

    init() {
        let loop = self.loop
        self.watch = LoopWatch(of: "loop-1", bound: .seconds(5), moment: .milliseconds(10), clock: self.clock) {
            loop.execute($0)
        }
    }

    /// The verdict of a probe that waits in vain for its moment.
    private func verdictAfterMoment() async throws -> HealthCheck.Verdict {
        async let verdict = self.watch.verdict()
        try await self.clock.skipSleep()
        return await verdict
    }

    @Test func `a loop that answers is well`() async {
        #expect(await self.watch.verdict() == .ok)
        self.clock.advance(by: .seconds(100))
        #expect(await self.watch.verdict() == .ok)
        #expect(self.watch.check.name == "loop-1")
    }

    @Test func `a stuck loop holds up no probe, and fails once it owes its answer for too long`() async throws {
        self.loop.isStuck.withLock { $0 = true }
        #expect(try await self.verdictAfterMoment() == .degraded("busy for 10 ms"))
        self.clock.advance(by: .milliseconds(4989))
        #expect(await self.watch.verdict() == .degraded("busy for 4999 ms"))
        self.clock.advance(by: .milliseconds(1))
        #expect(await self.watch.verdict() == .failed("no answer for 5 s"))
        self.clock.advance(by: .seconds(55))
        #expect(await self.watch.verdict() == .failed("no answer for 60 s"))
        #expect(self.loop.waiting.withLock { $0.count } == 1, "questions to a stuck loop do not pile up")
        self.loop.recover()
    }

    @Test func `a loop that comes back is well again`() async throws {
        self.loop.isStuck.withLock { $0 = true }
        _ = try await self.verdictAfterMoment()
        self.clock.advance(by: .seconds(9))
        self.loop.recover()
        #expect(await self.watch.verdict() == .ok)
    }

    @Test func `a loop that has ended has failed`() async {
        self.loop.hasEnded.withLock { $0 = true }
        #expect(await self.watch.verdict() == .failed("it has ended"))
    }
}
