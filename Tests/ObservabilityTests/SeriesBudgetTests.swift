import Instruments
import Observability
import TestKit
import Testing

@Suite struct SeriesBudgetTests {
    private var grants = PlaceGrants(perHour: 5000)
    private let start = Instant(nanoseconds: 1_000_000_000_000)

    private func id(_ number: Int) -> SeriesID { .text("\(number)") }

    private func sent(_ messages: UInt64) -> Traffic {
        var traffic = Traffic()
        traffic.messagesSent = messages
        return traffic
    }

    private func candidate(
        _ number: Int,
        load: Float = 0,
        dropped: UInt64 = 0,
        queuedBytes: Int = 0,
        milliseconds: UInt32 = 0
    ) -> SeriesCandidate {
        SeriesCandidate(
            self.id(number),
            load: load,
            dropped: dropped,
            queuedBytes: queuedBytes,
            roundTrip: milliseconds * 1000
        )
    }

    private func shown(_ budget: SeriesBudget) -> Set<String> {
        Set(budget.shown.keys.map { if case .text(let text) = $0 { text } else { "" } })
    }

    @Test mutating func `an id wins a place at once while places are free`() {
        var budget = SeriesBudget(places: 2, stay: .zero)
        for number in 1...3 {
            budget.count(self.sent(5), of: self.id(number), isNew: true, grants: &self.grants, at: self.start)
        }
        #expect(self.shown(budget) == ["1", "2"])
        #expect(budget.shown[self.id(1)]?.traffic.messagesSent == 5)
        #expect(budget.others.messagesSent == 5)
    }

    @Test mutating func `a series starts at 0 when an id of the others wins`() {
        var budget = SeriesBudget(places: 1, stay: .zero)
        budget.count(self.sent(1), of: self.id(1), isNew: true, grants: &self.grants, at: self.start)
        budget.count(self.sent(7), of: self.id(2), isNew: true, grants: &self.grants, at: self.start)
        budget.left(self.id(1), at: self.start)
        budget.count(self.sent(3), of: self.id(2), isNew: false, grants: &self.grants, at: self.start)
        #expect(budget.shown[self.id(2)]?.traffic.messagesSent == 0)
        #expect(budget.others.messagesSent == 10)
        budget.count(self.sent(4), of: self.id(2), isNew: false, grants: &self.grants, at: self.start)
        #expect(budget.shown[self.id(2)]?.traffic.messagesSent == 4)
        #expect(budget.others.messagesSent == 10)
    }

    @Test mutating func `the last of an id wins nothing`() {
        var budget = SeriesBudget(places: 9, stay: .zero)
        budget.countLast(self.sent(2), of: self.id(1))
        #expect(budget.shown.isEmpty)
        #expect(budget.others.messagesSent == 2)
    }

    @Test mutating func `a series stays a while after its id has left, and goes on when it is back`() {
        var budget = SeriesBudget(places: 1, stay: .seconds(600))
        budget.count(self.sent(1), of: self.id(1), isNew: true, grants: &self.grants, at: self.start)
        budget.left(self.id(1), at: self.start)
        #expect(!budget.isPresent(self.id(1)))
        budget.expire(at: self.start + .seconds(599))
        #expect(budget.isShown(self.id(1)))
        budget.count(self.sent(1), of: self.id(1), isNew: true, grants: &self.grants, at: self.start + .seconds(599))
        #expect(budget.isPresent(self.id(1)))
        #expect(budget.shown[self.id(1)]?.traffic.messagesSent == 2)
        budget.expire(at: self.start + .seconds(700))
        #expect(budget.isShown(self.id(1)))
        budget.left(self.id(1), at: self.start + .seconds(700))
        budget.expire(at: self.start + .seconds(1300))
        #expect(!budget.isShown(self.id(1)))
        #expect(budget.others == Traffic())
    }

    @Test mutating func `the heaviest and the least healthy are chosen, one of each in turn`() {
        var budget = SeriesBudget(places: 4, stay: .zero)
        let candidates = [
            self.candidate(1, load: 10), self.candidate(2, load: 30), self.candidate(3, load: 20),
            self.candidate(4, load: 1, dropped: 3), self.candidate(5, queuedBytes: 4096),
            self.candidate(6, milliseconds: 900), self.candidate(7, milliseconds: 20),
        ]
        budget.choose(among: candidates, grants: &self.grants, at: self.start)
        #expect(self.shown(budget) == ["2", "4", "3", "5"])
    }

    @Test mutating func `who has a place keeps it against an equal and against nobody`() {
        var budget = SeriesBudget(places: 2, stay: .zero)
        for number in 1...2 {
            budget.count(self.sent(0), of: self.id(number), isNew: true, grants: &self.grants, at: self.start)
        }
        let equals = (1...9).map { self.candidate($0, load: 5) }
        budget.choose(among: equals.reversed(), grants: &self.grants, at: self.start)
        #expect(self.shown(budget) == ["1", "2"])
        // Nobody does anything: there is no better claim.
        budget.choose(among: (1...9).map { self.candidate($0) }, grants: &self.grants, at: self.start)
        #expect(self.shown(budget) == ["1", "2"])
        // A round trip a little longer is no better claim either, one of twice the length is.
        let slow = [self.candidate(1, milliseconds: 300), self.candidate(2, milliseconds: 300)]
        budget.choose(among: slow + [self.candidate(3, milliseconds: 301)], grants: &self.grants, at: self.start)
        #expect(self.shown(budget) == ["1", "2"])
        budget.choose(among: slow + [self.candidate(3, milliseconds: 900)], grants: &self.grants, at: self.start)
        #expect(self.shown(budget).contains("3"))
    }

    @Test mutating func `whoever has left goes first`() {
        var budget = SeriesBudget(places: 2, stay: .seconds(600))
        for number in 1...2 {
            budget.count(self.sent(0), of: self.id(number), isNew: true, grants: &self.grants, at: self.start)
        }
        budget.left(self.id(1), at: self.start)
        budget.choose(
            among: [self.candidate(2), self.candidate(3, load: 9)],
            grants: &self.grants,
            at: self.start
        )
        #expect(self.shown(budget) == ["2", "3"])
    }

    @Test mutating func `no more win a place in an hour than may`() {
        var budget = SeriesBudget(places: 10, stay: .zero)
        self.grants = PlaceGrants(perHour: 12)
        for number in 0..<10 {
            budget.count(self.sent(0), of: self.id(number), isNew: true, grants: &self.grants, at: self.start)
        }
        let heavier = (100..<110).map { self.candidate($0, load: Float($0)) }
        budget.choose(among: heavier, grants: &self.grants, at: self.start)
        #expect(budget.shown.count == 10)
        #expect(self.shown(budget).isSuperset(of: ["109", "108"]))
        #expect(self.shown(budget).intersection((100..<110).map { "\($0)" }).count == 2)
    }

    @Test mutating func `whatever happens, each increment is in one series and nothing falls`() {
        var random = SeededGenerator()
        var budget = SeriesBudget(places: 5, stay: .seconds(100))
        var total: UInt64 = 0
        /// What series have had that are gone.
        var gone: UInt64 = 0
        var before: [SeriesID: UInt64] = [:]
        var othersBefore: UInt64 = 0
        var now = self.start
        for _ in 0..<5000 {
            now = now + .seconds(Int64(random.next() % 10))
            let id = self.id(Int(random.next() % 40))
            let news = self.sent(random.next() % 7)
            switch random.next() % 5 {
            case 0, 1:
                let isNew = random.next() % 2 == 0
                budget.count(news, of: id, isNew: isNew, grants: &self.grants, at: now)
                total += news.messagesSent
            case 2:
                budget.countLast(news, of: id)
                budget.left(id, at: now)
                total += news.messagesSent
            case 3:
                let candidates = (0..<40).map {
                    self.candidate($0, load: Float(random.next() % 9), dropped: random.next() % 3)
                }
                budget.choose(among: candidates, grants: &self.grants, at: now)
            default:
                budget.expire(at: now)
            }
            let after = budget.shown.mapValues(\.traffic.messagesSent)
            for (id, count) in before where (after[id] ?? 0) < count {
                // It lost its place, and may have won one again since.
                gone += count
            }
            #expect(budget.shown.count <= 5)
            #expect(budget.others.messagesSent >= othersBefore)
            #expect(budget.others.messagesSent + gone + after.values.reduce(0, +) == total)
            othersBefore = budget.others.messagesSent
            before = after
        }
    }
}
