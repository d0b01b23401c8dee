import Instruments
import Messaging
import Testing

@Suite struct BusRecallTests {
    private static let me = BusOrigin(high: 1, low: 1)
    private static let one = BusOrigin(high: 2, low: 2)
    private static let two = BusOrigin(high: 3, low: 3)

    private var now = Instant(nanoseconds: 1_000_000_000_000)
    private var recall = BusRecall(origin: me)

    private mutating func ask() -> BusRecall.Asking? {
        self.now = max(self.now, self.recall.nextDue ?? self.now)
        return self.recall.ask(at: self.now)
    }

    private mutating func asking() throws -> BusRecall.Asking {
        let asking = self.ask()
        return try #require(asking)
    }

    @Test mutating func `who was never away asks nothing`() {
        #expect(self.recall.nextDue == nil && self.ask() == nil)
    }

    @Test mutating func `it asks at once, with a margin, until all that heard have answered`() throws {
        self.recall.returned(missingSince: self.now + .seconds(-7), at: self.now)
        let asking = try self.asking()
        #expect(asking.away == .seconds(17))
        #expect(asking.question == BusQuestion(asker: Self.me, number: 1))
        self.recall.asked(asking.question, heardBy: 2)
        self.recall.answered(asking.question, by: Self.me)
        #expect(self.recall.nextDue != nil)
        self.recall.answered(asking.question, by: Self.one)
        #expect(self.recall.nextDue == nil)
    }

    @Test mutating func `answers may come before it is known how many there will be`() throws {
        self.recall.returned(missingSince: self.now, at: self.now)
        let question = try self.asking().question
        self.recall.answered(question, by: Self.one)
        #expect(self.recall.nextDue != nil)
        self.recall.asked(question, heardBy: 1)
        #expect(self.recall.nextDue == nil)
    }

    @Test mutating func `where answers stay out it asks again, ever less often, about the same time`() throws {
        let since = self.now + .seconds(-2)
        self.recall.returned(missingSince: since, at: self.now)
        var asked: [Duration] = []
        while let asking = self.ask() {
            #expect(asking.question.number == 1)
            #expect(asking.away == self.now - since + .seconds(10))
            self.recall.asked(asking.question, heardBy: 2)
            self.recall.answered(asking.question, by: Self.me)
            asked.append(self.now - since)
        }
        #expect(asked.prefix(6) == [.seconds(2), .seconds(5), .seconds(11), .seconds(23), .seconds(47), .seconds(95)])
        // After ten minutes nobody remembers.
        #expect(asked.last! <= .seconds(600) && self.recall.nextDue == nil)
    }

    @Test mutating func `a question that did not get through is asked again soon`() throws {
        self.recall.returned(missingSince: self.now, at: self.now)
        let question = try self.asking().question
        self.recall.failed(question, at: self.now)
        #expect(self.recall.nextDue == self.now + .seconds(1))
        #expect(self.ask()?.question == question)
    }

    @Test mutating func `who was away itself and has not answered is asked once more`() throws {
        self.recall.returned(missingSince: self.now, at: self.now)
        let question = try self.asking().question
        self.recall.asked(question, heardBy: 2)
        self.recall.answered(question, by: Self.me)
        self.recall.answered(question, by: Self.one)
        self.recall.other(Self.one, wasAwayAt: self.now)
        #expect(self.recall.nextDue == nil)
        self.recall.other(Self.two, wasAwayAt: self.now)
        #expect(self.ask()?.question == question)
    }

    @Test mutating func `away once more, it asks about all of the time that was not answered for`() throws {
        let since = self.now
        self.now = self.now + .seconds(10)
        self.recall.returned(missingSince: since, at: self.now)
        let first = try self.asking().question
        self.now = self.now + .seconds(20)
        self.recall.returned(missingSince: self.now + .seconds(-5), at: self.now)
        let second = try self.asking()
        #expect(second.question.number == 2)
        #expect(second.away == .seconds(40))
        // Answers to the first one are none to the second.
        self.recall.asked(second.question, heardBy: 1)
        self.recall.answered(first, by: Self.one)
        #expect(self.recall.nextDue != nil)
        self.recall.answered(second.question, by: Self.one)
        self.now = self.now + .seconds(100)
        self.recall.returned(missingSince: self.now + .seconds(-1), at: self.now)
        #expect(self.ask()?.away == .seconds(11))
    }
}
