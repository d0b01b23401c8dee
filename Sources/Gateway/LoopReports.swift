import Instruments
import Reactor

/// The last copy of every client loop's numbers, made anew when somebody asks.
///
/// A loop that does not answer in time is shown with its last copy, and named in the log.
final class LoopReports: Sendable {
    static let patience = Duration.milliseconds(250)

    private struct State: Sendable {
        var reports: [LoopReport?]
        var late: Set<Int> = []
    }

    private let loops: [ClientLoop]
    private let state: Lock<State>
    private let log: EventLog

    init(of loops: [ClientLoop], log: EventLog) {
        self.loops = loops
        self.log = log
        self.state = Lock(State(reports: loops.map { _ in nil }))
    }

    /// Asks every loop and waits until all have answered, at most `patience`.
    func refresh() async -> [LoopReport] {
        let (answers, answer) = AsyncStream<Int?>.makeStream()
        for (index, client) in self.loops.enumerated() {
            client.loop.execute {
                let report = client.report()
                self.state.withLock { $0.reports[index] = report }
                answer.yield(index)
            }
        }
        let timer = Task {
            try? await Task.sleep(for: Self.patience)
            answer.yield(nil)
        }
        var missing = Set(self.loops.indices)
        for await index in answers {
            guard let index else { break }
            missing.remove(index)
            if missing.isEmpty { break }
        }
        timer.cancel()
        self.note(late: missing)
        return self.state.withLock { $0.reports.compactMap { $0 } }
    }

    /// Loops that did not answer when they were last asked.
    var late: [String] {
        self.state.withLock { $0.late }.sorted().map { self.loops[$0].loop.name }
    }

    private func note(late: Set<Int>) {
        let new = self.state.withLock { state -> Set<Int> in
            let new = late.subtracting(state.late)
            state.late = late
            return new
        }
        for index in new.sorted() {
            self.log.write(
                GatewayEvent.loopLate,
                [(.loop, .text(self.loops[index].loop.name)), (.durationMs, .integer(Self.patience.wholeMilliseconds))]
            )
        }
    }
}
