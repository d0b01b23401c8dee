import Instruments
import Testing

@testable import Management

@Suite(.timeLimit(.minutes(1))) struct LoopWatchTests {
    /// A loop that does its work when it is told to, and a clock that stands still.
    private final class FakeLoop: Sendable {
        let waiting = Lock<[@Sendable () -> Void]>([])
        let isStuck = Lock(false)
        let hasEnded = Lock(false)
        let now = Lock(ContinuousClock.now)

        func execute(_ work: @escaping @Sendable () -> Void) -> Bool {
            guard !self.hasEnded.withLock({ $0 }) else { return false }
            if self.isStuck.withLock({ $0 }) { self.waiting.withLock { $0.append(work) } } else { work() }
            return true
        }

        func recover() {
            self.isStuck.withLock { $0 = false }
            for work in self.waiting.withLock({ exchange(&$0, with: []) }) { work() }
        }

        func advance(_ duration: Duration) {
            self.now.withLock { $0 += duration }
        }

        func watch() -> LoopWatch {
            LoopWatch(
                LoopWatch.Loop(name: "loop-1") { self.execute($0) },
                bound: .seconds(5),
                moment: .milliseconds(10),
                now: { self.now.withLock { $0 } }
            )
        }
    }

    @Test func `a loop that answers is well`() async {
        let loop = FakeLoop()
        let watch = loop.watch()
        #expect(await watch.verdict() == .ok)
        loop.advance(.seconds(100))
        #expect(await watch.verdict() == .ok)
        #expect(watch.check.name == "loop-1")
    }

    @Test func `a stuck loop holds up no probe, and fails once it owes its answer for too long`() async {
        let loop = FakeLoop()
        let watch = loop.watch()
        loop.isStuck.withLock { $0 = true }
        defer { loop.recover() }
        #expect(await watch.verdict() == .degraded("busy for 10 ms"))
        loop.advance(.milliseconds(4999))
        #expect(await watch.verdict() == .degraded("busy for 4999 ms"))
        loop.advance(.milliseconds(1))
        #expect(await watch.verdict() == .failed("no answer for 5 s"))
        loop.advance(.seconds(55))
        #expect(await watch.verdict() == .failed("no answer for 60 s"))
        #expect(loop.waiting.withLock { $0.count } == 1, "questions to a stuck loop do not pile up")
    }

    @Test func `a loop that comes back is well again`() async {
        let loop = FakeLoop()
        let watch = loop.watch()
        loop.isStuck.withLock { $0 = true }
        _ = await watch.verdict()
        loop.advance(.seconds(9))
        loop.recover()
        #expect(await watch.verdict() == .ok)
    }

    @Test func `a loop that has ended has failed`() async {
        let loop = FakeLoop()
        loop.hasEnded.withLock { $0 = true }
        #expect(await loop.watch().verdict() == .failed("it has ended"))
    }

    @Test func `a second probe in the same moment sees nothing wrong yet`() async {
        let loop = FakeLoop()
        let watch = loop.watch()
        loop.isStuck.withLock { $0 = true }
        defer { loop.recover() }
        _ = await watch.verdict()
        loop.advance(.milliseconds(9))
        #expect(await watch.verdict() == .ok)
    }
}
