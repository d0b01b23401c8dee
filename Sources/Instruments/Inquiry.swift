/// Asks the same part the same question again and again, although it may be too busy to answer.
///
/// No caller waits longer than it asked to. While an answer is overdue that a caller has given up on, the part is not
/// asked again, so questions to a part that is stuck do not pile up. A late answer is kept for the next caller.
package final class Inquiry<Answer: Sendable>: Sendable {
    package enum Reply: Sendable {
        case inTime(Answer)
        /// `last` is the newest answer so far, and `owing` the time since the oldest unanswered question.
        ///
        /// `isNew` if it has always answered in time until now.
        case late(last: Answer?, owing: Duration, isNew: Bool)
        /// It has ended and will never answer again.
        case ended(last: Answer?)

        /// The newest answer; `nil` if there has never been one.
        package var latest: Answer? {
            switch self {
            case .inTime(let answer): answer
            case .late(let last, _, _), .ended(let last): last
            }
        }
    }

    private struct Question {
        let askedAt: Duration
        var isGivenUp = false
    }

    private struct State {
        var last: Answer?
        var lastNumber: UInt64 = 0
        /// The questions that are still unanswered.
        var open: [UInt64: Question] = [:]

        var isLate: Bool { self.open.values.contains { $0.isGivenUp } }

        func late(at now: Duration, isNew: Bool = false) -> Reply {
            let oldest = self.open.values.map(\.askedAt).min() ?? now
            return .late(last: self.last, owing: now - oldest, isNew: isNew)
        }
    }

    private let put: @Sendable (@escaping @Sendable (Answer) -> Void) -> Bool
    private let state = Lock(State())
    private let time: @Sendable () -> Duration
    private let sleep: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - clock: The clock that measures the waiting.
    ///   - put: Asks the question. The closure it is given takes the answer, on any thread. Returns `false` if nobody
    ///     is there to answer.
    package init(
        clock: some Clock<Duration> = ContinuousClock(),
        _ put: @escaping @Sendable (_ answer: @escaping @Sendable (Answer) -> Void) -> Bool
    ) {
        let start = clock.now
        self.time = { start.duration(to: clock.now) }
        self.sleep = { try await clock.sleep(for: $0) }
        self.put = put
    }

    /// Asks, and waits for the answer for at most this long.
    package func reply(within limit: Duration) async -> Reply {
        let now = self.time()
        let number = self.state.withLock { state -> UInt64? in
            guard !state.isLate else { return nil }
            state.lastNumber += 1
            state.open[state.lastNumber] = Question(askedAt: now)
            return state.lastNumber
        }
        guard let number else { return self.state.withLock { $0.late(at: now) } }
        let reply = FirstValue<Reply>()
        let isPut = self.put { answer in
            self.answered(number, answer)
            reply.give(.inTime(answer))
        }
        guard isPut else { return self.ended(number) }
        // Not a child task: its parent would wait for it even after the answer has come.
        let timer = Task {
            guard (try? await self.sleep(limit)) != nil else { return }
            if let late = self.gaveUp(number) { reply.give(late) }
        }
        defer { timer.cancel() }
        return await reply.value
    }

    /// Asks all of them at the same time, and waits at most this long for all of them together.
    ///
    /// - Returns: A reply from each, in order.
    package static func replies(of all: [Inquiry], within limit: Duration) async -> [Reply] {
        await withTaskGroup(of: (Int, Reply).self) { group in
            for (index, inquiry) in all.enumerated() {
                group.addTask { (index, await inquiry.reply(within: limit)) }
            }
            var replies: [Reply?] = Array(repeating: nil, count: all.count)
            for await (index, reply) in group { replies[index] = reply }
            return replies.compactMap { $0 }
        }
    }

    private func answered(_ number: UInt64, _ answer: Answer) {
        self.state.withLock { state in
            state.open[number] = nil
            state.last = answer
        }
    }

    /// `nil` if the answer has come in the meantime.
    private func gaveUp(_ number: UInt64) -> Reply? {
        let now = self.time()
        return self.state.withLock { state -> Reply? in
            guard state.open[number] != nil else { return nil }
            let isNew = !state.isLate
            state.open[number]?.isGivenUp = true
            return state.late(at: now, isNew: isNew)
        }
    }

    private func ended(_ number: UInt64) -> Reply {
        self.state.withLock { state in
            state.open[number] = nil
            return .ended(last: state.last)
        }
    }
}
