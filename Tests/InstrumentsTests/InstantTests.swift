import Testing

@testable import Instruments

@Suite struct InstantTests {
    private let start = Instant(nanoseconds: 5_000_000_000)

    @Test func `an instant moves by a duration, and two differ by one`() {
        let later = self.start + .milliseconds(1500)
        #expect(later.nanoseconds == 6_500_000_000)
        #expect(later - self.start == .milliseconds(1500))
        #expect(self.start - later == .milliseconds(-1500))
        #expect(self.start + .seconds(-2) == Instant(nanoseconds: 3_000_000_000))
        #expect(self.start < later)
    }

    @Test func `far instants saturate instead of wrapping`() {
        #expect(self.start + .seconds(Int64.max) > self.start)
        #expect(Instant(nanoseconds: .max) + .seconds(1) == Instant(nanoseconds: .max))
        #expect(self.start + .seconds(-6) == Instant(nanoseconds: 0))
        #expect(self.start + .seconds(Int64.min) == Instant(nanoseconds: 0))
    }

    @Test(arguments: [
        (Duration.milliseconds(1), Int64(1_000_000)), (.nanoseconds(-1), -1), (.zero, 0),
        (.seconds(Int64.max), Int64.max), (.seconds(Int64.min), Int64.min), (.milliseconds(-1500), -1_500_000_000),
    ])
    func `a duration in nanoseconds saturates`(duration: Duration, nanoseconds: Int64) {
        #expect(duration.wholeNanoseconds == nanoseconds)
    }

    @Test func `a duration in other units`() {
        #expect(Duration.microseconds(2999).wholeMilliseconds == 2)
        #expect(Duration.milliseconds(250).inSeconds == 0.25)
    }
}
