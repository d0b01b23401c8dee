import Instruments

/// One part that has numbers, with the last ones it told, so that a part that is stuck holds up nobody.
final class MeteredSource: Sendable {
    struct Answer: Sendable {
        let measurements: Measurements
        /// Whether it has just failed to answer in time, after it had answered before.
        var isNewlyLate = false
    }

    private struct State: Sendable {
        var last = Measurements()
        var asked: UInt64 = 0
        /// Questions that have no answer yet, and those of them that nobody waits for any more.
        var open: Set<UInt64> = []
        var late: Set<UInt64> = []
    }

    let families: [MetricFamily]
    private let source: any MetricSource
    private let state = Lock(State())

    init(_ source: any MetricSource) {
        self.families = source.families
        self.source = source
    }

    var name: String {
        "\(type(of: self.source))"
    }

    /// Its numbers now, or its last ones where it needs longer than `limit`.
    ///
    /// While it is late it is not asked again, so questions to a stuck part do not pile up; what it still answers is
    /// shown by the next scrape.
    func measure(within limit: Duration) async -> Answer {
        let number = self.state.withLock { state -> UInt64? in
            guard state.late.isEmpty else { return nil }
            state.asked += 1
            state.open.insert(state.asked)
            return state.asked
        }
        guard let number else { return Answer(measurements: self.state.withLock { $0.last }) }
        let answer = FirstValue<Answer>()
        // Neither is a child task: a parent waits for its children, and a stuck part may never come back.
        Task {
            var measurements = Measurements()
            await self.source.measure(into: &measurements)
            self.answered(number, measurements)
            answer.give(Answer(measurements: measurements))
        }
        let timer = Task {
            guard (try? await Task.sleep(for: limit)) != nil else { return }
            answer.give(self.gaveUp(number))
        }
        defer { timer.cancel() }
        return await answer.value
    }

    private func answered(_ number: UInt64, _ measurements: Measurements) {
        self.state.withLock { state in
            state.open.remove(number)
            state.late.remove(number)
            state.last = measurements
        }
    }

    private func gaveUp(_ number: UInt64) -> Answer {
        self.state.withLock { state in
            guard state.open.contains(number) else { return Answer(measurements: state.last) }
            let isFirst = state.late.isEmpty
            state.late.insert(number)
            return Answer(measurements: state.last, isNewlyLate: isFirst)
        }
    }
}
