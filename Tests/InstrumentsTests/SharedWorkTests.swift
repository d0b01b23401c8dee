import Instruments
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct SharedWorkTests {
    /// Rounds that end when they are told to.
    private actor Rounds {
        private(set) var begun = 0
        private var waiting: [CheckedContinuation<Void, Never>] = []
        private var ended = 0

        func round() async -> Int {
            self.begun += 1
            let number = self.begun
            if number > self.ended {
                await withCheckedContinuation { self.waiting.append($0) }
            }
            return number
        }

        func end() {
            self.ended += 1
            for one in self.waiting { one.resume() }
            self.waiting = []
        }
    }

    @Test func `whoever comes while a round runs shares the next one`() async throws {
        let rounds = Rounds()
        let work = SharedWork { await rounds.round() }
        async let first = work.value()
        while await rounds.begun == 0 { await Task.yield() }
        let later = (0..<20).map { _ in Task { await work.value() } }
        for _ in 0..<100 { await Task.yield() }
        #expect(await rounds.begun == 1, "none begins while one runs")
        await rounds.end()
        #expect(await first == 1)
        while await rounds.begun == 1 { await Task.yield() }
        await rounds.end()
        for one in later {
            #expect(await one.value > 1, "nobody gets what was begun before it asked")
        }
        #expect(await rounds.begun <= 3)
    }

    @Test func `one after the other gets a round of its own`() async {
        let count = Observed(0)
        let work = SharedWork { count.change { $0 += 1 } }
        for _ in 0..<3 { await work.value() }
        #expect(count.state == 3)
    }
}
