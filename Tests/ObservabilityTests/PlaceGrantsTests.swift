import Instruments
import Observability
import Testing

@Suite struct PlaceGrantsTests {
    /// Whether each of those who ask at these minutes wins.
    private func ask(_ grants: inout PlaceGrants, atMinutes minutes: [Double]) -> [Bool] {
        minutes.map { grants.take(at: Instant(nanoseconds: UInt64((1000 + $0) * 60e9))) }
    }

    @Test func `no hour has more than it may`() {
        var grants = PlaceGrants(perHour: 3)
        let first = self.ask(&grants, atMinutes: [0, 10, 20, 30, 59.9])
        #expect(first == [true, true, true, false, false])
        // The first is an hour old, then the second.
        let later = self.ask(&grants, atMinutes: [60, 61, 70])
        #expect(later == [true, false, true])
    }

    @Test func `a long silence forgets everything`() {
        var grants = PlaceGrants(perHour: 2)
        let asked = self.ask(&grants, atMinutes: [0, 0, 0, 500, 500, 500])
        #expect(asked == [true, true, false, true, true, false])
    }

    @Test func `none are granted where none may be`() {
        var grants = PlaceGrants(perHour: 0)
        let asked = self.ask(&grants, atMinutes: [0])
        #expect(asked == [false])
    }
}
