import Instruments
import Testing

@testable import Observability

@Suite struct LogLimitsTests {
    let start = ContinuousClock.now

    private func record(_ event: String, reason: String? = nil, limit: Int?) -> LogRecord {
        let values = reason.map { [(LogField.reason, LogValue.text($0))] } ?? []
        return LogRecord(event: event, level: .info, message: "M.", values: values, lineLimit: limit)
    }

    private func omission(_ event: String, _ reason: String = "", count: UInt64) -> LogLimits.Omission {
        LogLimits.Omission(kind: LogLimits.Kind(event: event, reason: reason), count: count)
    }

    @Test func `a flood for one reason leaves room for others`() {
        var limits = LogLimits()
        for _ in 0..<100 { _ = limits.judge(self.record("a.b", reason: "flood", limit: 3), at: self.start) }
        #expect(limits.judge(self.record("a.b", reason: "rare", limit: 3), at: self.start) == .write)
        #expect(limits.takeAllOmissions() == [self.omission("a.b", "flood", count: 97)])
    }

    @Test func `an event without a limit is always written`() {
        var limits = LogLimits()
        let admitted = (0..<1000).count { _ in limits.judge(self.record("a.b", limit: nil), at: self.start) == .write }
        #expect(admitted == 1000)
        #expect(limits.nextTelling == nil)
    }

    @Test func `one with a limit may fill it in ten seconds, and what is left out is told when they are over`() {
        var limits = LogLimits()
        let admitted = (0..<10).count { _ in limits.judge(self.record("a.b", limit: 3), at: self.start) == .write }
        #expect(admitted == 3)
        #expect(limits.judge(self.record("a.b", limit: 3), at: self.start) == .omit)
        let end = self.start + .seconds(10)
        #expect(limits.nextTelling == end)
        #expect(limits.takeOmissions(until: end - .milliseconds(1)).isEmpty == true)
        #expect(limits.takeOmissions(until: end) == [self.omission("a.b", count: 8)])
        #expect(limits.takeOmissions(until: end).isEmpty == true)
        #expect(limits.nextTelling == nil)
        #expect(limits.judge(self.record("a.b", limit: 3), at: end) == .write)
    }

    @Test func `each event has its own ten seconds`() {
        var limits = LogLimits()
        for _ in 0..<2 { _ = limits.judge(self.record("a.b", limit: 1), at: self.start) }
        let later = self.start + .seconds(4)
        for _ in 0..<3 { _ = limits.judge(self.record("c.d", limit: 1), at: later) }
        #expect(limits.nextTelling == self.start + .seconds(10))
        #expect(limits.takeOmissions(until: self.start + .seconds(10)).map(\.kind.event) == ["a.b"])
        #expect(limits.nextTelling == self.start + .seconds(14))
        #expect(limits.takeAllOmissions() == [self.omission("c.d", count: 2)])
        #expect(limits.takeAllOmissions() == [])
    }

    @Test func `a quiet event begins anew, with nothing to tell`() {
        var limits = LogLimits()
        #expect(limits.judge(self.record("a.b", limit: 1), at: self.start) == .write)
        #expect(limits.judge(self.record("a.b", limit: 1), at: self.start + .seconds(11)) == .write)
        #expect(limits.judge(self.record("a.b", limit: 1), at: self.start + .seconds(12)) == .omitFirst)
        #expect(limits.nextTelling == self.start + .seconds(21))
    }
}
