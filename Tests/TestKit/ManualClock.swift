/// A clock that only moves when a test moves it.
package final class ManualClock: Clock {
    package struct Instant: InstantProtocol {
        fileprivate let offset: Duration

        package func advanced(by duration: Duration) -> Instant { Instant(offset: self.offset + duration) }
        package func duration(to other: Instant) -> Duration { other.offset - self.offset }
        package static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct Sleeper {
        let deadline: Instant
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = Instant(offset: .zero)
        var lastNumber: UInt64 = 0
        var sleepers: [UInt64: Sleeper] = [:]
    }

    private let state = Observed(State())

    package init() {}

    package var now: Instant { self.state.state.now }
    package var minimumResolution: Duration { .zero }

    package func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        var number: UInt64 = 0
        self.state.change { state in
            state.lastNumber += 1
            number = state.lastNumber
        }
        let sleeper = number
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                var result: Result<Void, any Error>?
                self.state.change { state in
                    if Task.isCancelled {
                        result = .failure(CancellationError())
                    } else if deadline <= state.now {
                        result = .success(())
                    } else {
                        state.sleepers[sleeper] = Sleeper(deadline: deadline, continuation: continuation)
                    }
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            var woken: Sleeper?
            self.state.change { woken = $0.sleepers.removeValue(forKey: sleeper) }
            woken?.continuation.resume(throwing: CancellationError())
        }
    }

    package func advance(by duration: Duration) {
        var woken: [Sleeper] = []
        self.state.change { state in
            state.now = state.now.advanced(by: duration)
            for (number, sleeper) in state.sleepers where sleeper.deadline <= state.now {
                state.sleepers[number] = nil
                woken.append(sleeper)
            }
        }
        for sleeper in woken { sleeper.continuation.resume() }
    }

    /// Waits until this many tasks sleep, and moves on to when the first of them wakes.
    package func skipSleep(of sleepers: Int = 1) async throws {
        let state = try await self.state.wait(for: "\(sleepers) who sleep") { $0.sleepers.count >= sleepers }
        guard let first = state.sleepers.values.map(\.deadline).min() else { return }
        self.advance(by: self.now.duration(to: first))
    }
}
