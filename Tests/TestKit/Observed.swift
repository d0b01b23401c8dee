import Instruments

/// A value that tests wait for.
///
/// It may change on any thread, and each waiter is woken by the change it waits for.
package final class Observed<State: Sendable>: Sendable {
    package struct TimedOut: Error, CustomStringConvertible {
        package let awaited: String
        package let state: State
        package var description: String { "waited in vain for: \(self.awaited); now: \(self.state)" }
    }

    private struct Waiter {
        let number: UInt64
        let isFulfilled: @Sendable (State) -> Bool
        let continuation: CheckedContinuation<State?, Never>
    }

    private struct Contents {
        var state: State
        var waiters: [Waiter] = []
        var lastNumber: UInt64 = 0
    }

    private let contents: Lock<Contents>

    package init(_ state: State) {
        self.contents = Lock(Contents(state: state))
    }

    package var state: State {
        self.contents.withLock { $0.state }
    }

    /// Checked in place: to the thread sanitizer, reading a copy while the state changes looks like a race.
    package func read<Answer>(_ ask: (State) -> Answer) -> Answer {
        self.contents.withLock { ask($0.state) }
    }

    package func change(_ change: (inout State) -> Void) {
        let (fulfilled, state) = self.contents.withLock { contents in
            change(&contents.state)
            let state = contents.state
            let fulfilled = contents.waiters.filter { $0.isFulfilled(state) }
            if !fulfilled.isEmpty {
                contents.waiters.removeAll { waiter in fulfilled.contains { $0.number == waiter.number } }
            }
            return (fulfilled, state)
        }
        for waiter in fulfilled {
            waiter.continuation.resume(returning: state)
        }
    }

    /// Waits until the state is as described, which it may already be.
    @discardableResult
    package func wait(
        for awaited: String,
        atMost limit: Duration = .seconds(20),
        until isFulfilled: @escaping @Sendable (State) -> Bool
    ) async throws -> State {
        let number = self.contents.withLock { contents in
            contents.lastNumber += 1
            return contents.lastNumber
        }
        let alarm = Task {
            try await Task.sleep(for: limit)
            self.giveUp(number)
        }
        defer { alarm.cancel() }
        let state = await withCheckedContinuation { continuation in
            let present = self.contents.withLock { contents in
                if isFulfilled(contents.state) {
                    return Optional(contents.state)
                }
                let waiter = Waiter(number: number, isFulfilled: isFulfilled, continuation: continuation)
                contents.waiters.append(waiter)
                return nil
            }
            if let present {
                continuation.resume(returning: present)
            }
        }
        guard let state else { throw TimedOut(awaited: awaited, state: self.state) }
        return state
    }

    private func giveUp(_ number: UInt64) {
        let waiter = self.contents.withLock { contents in
            let waiter = contents.waiters.first { $0.number == number }
            contents.waiters.removeAll { $0.number == number }
            return waiter
        }
        waiter?.continuation.resume(returning: nil)
    }
}
