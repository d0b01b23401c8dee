import TestKit
import Testing

@testable import Instruments

@Suite(.timeLimit(.minutes(1))) struct InquiryTests {
    /// Answers at once, or when it is told to.
    private final class Part: Sendable {
        typealias Answer = @Sendable (Int) -> Void

        private struct State {
            var asked = 0
            var isStuck = false
            var hasEnded = false
            var owed: [(question: Int, answer: Answer)] = []
        }

        private let state = Lock(State())

        var asked: Int { self.state.withLock { $0.asked } }

        func ask(_ answer: @escaping Answer) -> Bool {
            let question = self.state.withLock { state -> Int? in
                guard !state.hasEnded else { return 0 }
                state.asked += 1
                guard state.isStuck else { return state.asked }
                state.owed.append((state.asked, answer))
                return nil
            }
            guard question != 0 else { return false }
            if let question { answer(question) }
            return true
        }

        func stop() { self.state.withLock { $0.isStuck = true } }

        func end() { self.state.withLock { $0.hasEnded = true } }

        /// Answers all that it owes; each answer is the number of its question.
        func recover() {
            let owed = self.state.withLock { state in
                state.isStuck = false
                return exchange(&state.owed, with: [])
            }
            for (question, answer) in owed { answer(question) }
        }
    }

    private let clock = ManualClock()
    private let part = Part()
    private let inquiry: Inquiry<Int>

    init() {
        let part = self.part
        self.inquiry = Inquiry(clock: self.clock) { part.ask($0) }
    }

    /// The reply to a question that is given up on after 10 ms.
    private func lateReply() async throws -> String {
        async let reply = self.inquiry.reply(within: .milliseconds(10))
        try await self.clock.skipSleep()
        return text(of: await reply)
    }

    private func text<Answer>(of reply: Inquiry<Answer>.Reply) -> String {
        switch reply {
        case .inTime(let answer): "\(answer)"
        case .late(let last, let owing, let isNew):
            "\(last.map { "\($0)" } ?? "nothing"), owing for \(owing.wholeMilliseconds) ms\(isNew ? ", news" : "")"
        case .ended(let last): "\(last.map { "\($0)" } ?? "nothing"), ended"
        }
    }

    @Test func `who answers in time is asked each time`() async {
        for number in 1...3 {
            #expect(text(of: await self.inquiry.reply(within: .milliseconds(10))) == "\(number)")
        }
    }

    @Test func `who is stuck holds up nobody, and is not asked again`() async throws {
        _ = await self.inquiry.reply(within: .milliseconds(10))
        self.part.stop()
        #expect(try await self.lateReply() == "1, owing for 10 ms, news")
        self.clock.advance(by: .seconds(5))
        #expect(text(of: await self.inquiry.reply(within: .milliseconds(10))) == "1, owing for 5010 ms")
        #expect(self.part.asked == 2, "questions to a stuck part do not pile up")
        self.part.recover()
    }

    @Test func `what comes late is kept, and who comes back is asked anew`() async throws {
        self.part.stop()
        #expect(try await self.lateReply() == "nothing, owing for 10 ms, news")
        self.part.recover()
        self.part.stop()
        #expect(try await self.lateReply() == "1, owing for 10 ms, news", "late once more is news once more")
        self.part.recover()
        #expect(text(of: await self.inquiry.reply(within: .milliseconds(10))) == "3")
    }

    @Test func `two who ask at the same time are each answered, or told once that it is late`() async throws {
        self.part.stop()
        async let one = self.inquiry.reply(within: .milliseconds(10))
        async let other = self.inquiry.reply(within: .milliseconds(10))
        try await self.clock.skipSleep(of: 2)
        let replies = [text(of: await one), text(of: await other)]
        #expect(replies.sorted() == ["nothing, owing for 10 ms", "nothing, owing for 10 ms, news"])
        #expect(self.part.asked == 2)
        self.part.recover()
    }

    @Test func `who has ended is not waited for`() async {
        _ = await self.inquiry.reply(within: .milliseconds(10))
        self.part.end()
        #expect(text(of: await self.inquiry.reply(within: .milliseconds(10))) == "1, ended")
    }

    @Test func `several are asked at the same time, and replies stand in their order`() async throws {
        self.part.stop()
        let others = [Part(), Part()].map { part in Inquiry<Int>(clock: ManualClock()) { part.ask($0) } }
        async let replies = Inquiry.replies(of: [others[0], self.inquiry, others[1]], within: .milliseconds(10))
        try await self.clock.skipSleep()
        #expect(await replies.map { text(of: $0) } == ["1", "nothing, owing for 10 ms, news", "1"])
        self.part.recover()
    }
}
