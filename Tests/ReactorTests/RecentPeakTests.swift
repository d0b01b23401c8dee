import Testing

@testable import Reactor

struct RecentPeakTests {
    let start: UInt64 = 1_000_000_000_000

    func peak(_ notes: [(seconds: UInt64, number: UInt64)], at seconds: UInt64) -> UInt64 {
        var recent = RecentPeak(now: self.start)
        for (seconds, number) in notes {
            recent.note(number, at: self.start + seconds * 1_000_000_000)
        }
        return recent.peak(at: self.start + seconds * 1_000_000_000)
    }

    @Test(
        arguments: [
            ([], 0, 0),
            ([(1, 5), (2, 3)], 2, 5),
            ([(1, 5), (14, 3)], 29, 5),
            ([(1, 5), (14, 3)], 30, 0),
            ([(1, 5), (16, 3)], 16, 5),
            ([(1, 5), (16, 3)], 29, 5),
            ([(1, 5), (29, 3)], 30, 3),
            ([(1, 5), (16, 3), (31, 1)], 31, 3),
            ([(1, 5), (16, 3), (45, 1)], 45, 1),
            ([(1, 5), (100, 2)], 100, 2),
            ([(1, 5)], 1000, 0),
        ] as [([(UInt64, UInt64)], UInt64, UInt64)]
    )
    func `it remembers the largest for one window and forgets it after two`(
        _ notes: [(UInt64, UInt64)],
        _ seconds: UInt64,
        _ expected: UInt64
    ) {
        #expect(self.peak(notes.map { (seconds: $0.0, number: $0.1) }, at: seconds) == expected)
    }

    @Test func `a loop says how long its last ticks took`() throws {
        let loop = try EventLoop(index: 0, name: "test", configuration: EventLoopConfiguration())
        #expect(loop.recentLag == .zero)
        loop.execute {
            // Busy for as long as it takes, which is what the loop is to notice.
            let end = ContinuousClock.now + .milliseconds(20)
            while ContinuousClock.now < end {}
        }
        loop.runTick()
        loop.runTick()
        #expect(loop.recentLag >= .milliseconds(20))
        loop.stop()
        loop.runTick()
    }
}
