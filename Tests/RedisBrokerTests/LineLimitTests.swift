import Instruments
import Testing

@testable import RedisBroker

@Suite struct LineLimitTests {
    @Test func `one line in ten seconds tells of all that happened since the last`() {
        var limit = LineLimit()
        let start = Instant(nanoseconds: 1_000_000_000)
        #expect(limit.admit(at: start) == 1)
        #expect(limit.admit(3, at: start + .seconds(1)) == nil)
        #expect(limit.admit(at: start + .seconds(9)) == nil)
        #expect(limit.admit(at: start + .seconds(10)) == 5)
        #expect(limit.admit(.max, at: start + .seconds(11)) == nil)
        #expect(limit.admit(at: start + .seconds(20)) == .max)
    }
}
