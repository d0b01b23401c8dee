import Instruments
import Messaging
import TestKit
import Testing

@Suite struct BusClockTests {
    private static func at(milliseconds: Int64) -> Instant {
        Instant(nanoseconds: 1_000_000_000_000) + .milliseconds(milliseconds)
    }

    @Test func `a clock that was never asked is this machine's, and may be off by anything`() {
        let time = BusClock().time(at: Self.at(milliseconds: 0), wallNanoseconds: 42)
        #expect(time == BusTime(nanoseconds: 42, error: .max))
        #expect(!time.isCertainlyBefore(BusTime(nanoseconds: .max, error: 0)))
        #expect(!BusTime(nanoseconds: 0, error: 0).isCertainlyBefore(time))
    }

    @Test func `the answer is taken for the middle of the round trip, and may be off by half of it`() {
        var clock = BusClock()
        clock.learned(5_000_000, asked: Self.at(milliseconds: 0), answered: Self.at(milliseconds: 4), resolution: 1000)
        let middle = clock.time(at: Self.at(milliseconds: 2), wallNanoseconds: 0)
        #expect(middle == BusTime(nanoseconds: 5_000_000, error: 2_001_000))
        let later = clock.time(at: Self.at(milliseconds: 1002), wallNanoseconds: 0)
        #expect(later.nanoseconds == 1_005_000_000)
        #expect(later.error == 2_001_000 + 200_000)
    }

    @Test func `a worse reading does not displace a better one, until that has grown old or is contradicted`() {
        var clock = BusClock()
        clock.learned(1_000_000, asked: Self.at(milliseconds: 0), answered: Self.at(milliseconds: 2), resolution: 0)
        clock.learned(5_000_000, asked: Self.at(milliseconds: 0), answered: Self.at(milliseconds: 10), resolution: 0)
        #expect(clock.time(at: Self.at(milliseconds: 1), wallNanoseconds: 0).error == 1_000_000)
        // Set forward by an hour, or another server.
        let hour: UInt64 = 3_600_000_000_000
        clock.learned(hour, asked: Self.at(milliseconds: 20), answered: Self.at(milliseconds: 30), resolution: 0)
        #expect(clock.time(at: Self.at(milliseconds: 25), wallNanoseconds: 0).nanoseconds == hour)
        // After 40 s the drift outweighs a round trip of 20 ms.
        clock.learned(
            hour,
            asked: Self.at(milliseconds: 40_000),
            answered: Self.at(milliseconds: 40_020),
            resolution: 0
        )
        #expect(clock.time(at: Self.at(milliseconds: 40_010), wallNanoseconds: 0).error == 10_000_000)
    }

    @Test func `whatever the clocks and round trips, the true time lies within the error`() {
        var random = SeededGenerator()
        for _ in 0..<200 {
            var clock = BusClock()
            let offset = UInt64.random(in: 1_000_000...10_000_000_000, using: &random)
            var now: UInt64 = 1_000_000_000
            for _ in 0..<50 {
                now += UInt64.random(in: 1...5_000_000_000, using: &random)
                let there = UInt64.random(in: 0...50_000_000, using: &random)
                let back = UInt64.random(in: 0...50_000_000, using: &random)
                let shown = (now + there + offset) / 1000 * 1000
                clock.learned(
                    shown,
                    asked: Instant(nanoseconds: now),
                    answered: Instant(nanoseconds: now + there + back),
                    resolution: 1000
                )
                now += there + back
                let time = clock.time(at: Instant(nanoseconds: now), wallNanoseconds: 0)
                let off =
                    time.nanoseconds > now + offset ? time.nanoseconds - now - offset : now + offset - time.nanoseconds
                #expect(off <= time.error)
            }
        }
    }
}
