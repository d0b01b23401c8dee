import Instruments
import Testing

@testable import Observability

@Suite struct LogRingTests {
    @Test func `lines come out in the order in which they came, once`() {
        var ring = LogRing(bounds: LogRing.Bounds(lines: 10, bytes: 10_000))
        for number in 1...3 { ring.add(line("\(number)")) }
        #expect(ring.takeAll().lines.map(\.record.message) == ["1", "2", "3"])
        #expect(ring.isEmpty)
        #expect(ring.takeAll().lines.isEmpty)
    }

    @Test func `more lines than the bound are dropped and counted, the earlier ones stay`() {
        var ring = LogRing(bounds: LogRing.Bounds(lines: 2, bytes: 10_000))
        for number in 1...5 { ring.add(line("\(number)")) }
        let batch = ring.takeAll()
        #expect(batch.lines.map(\.record.message) == ["1", "2"])
        #expect(batch.dropped == 3)
        #expect(ring.droppedInAll == 3)
    }

    @Test func `more bytes than the bound are dropped, and there is room again once they were taken`() {
        var ring = LogRing(bounds: LogRing.Bounds(lines: 10, bytes: 1000))
        ring.add(line(String(repeating: "a", count: 700)))
        ring.add(line(String(repeating: "b", count: 700)))
        ring.add(line("c"))
        #expect(ring.takeAll().lines.map(\.record.message.utf8.count) == [700, 1])
        ring.add(line(String(repeating: "d", count: 700)))
        let batch = ring.takeAll()
        #expect(batch.lines.count == 1)
        #expect(batch.dropped == 0, "the first loss was told with the first batch")
        #expect(ring.droppedInAll == 1)
    }

    @Test func `a value counts among the bytes`() {
        var ring = LogRing(bounds: LogRing.Bounds(lines: 10, bytes: 1000))
        let text = String(repeating: "a", count: 1000)
        ring.add(LogRing.Line(record: record("m", [(.error, .text(text))]), time: .now()))
        #expect(ring.isEmpty)
        #expect(ring.droppedInAll == 1)
    }

    @Test func `losses nobody could be told of are told with the next batch, and counted once`() {
        var ring = LogRing(bounds: LogRing.Bounds())
        ring.drop(4)
        #expect(ring.isEmpty, "alone they wake nobody")
        #expect(ring.takeAll().dropped == 4)
        ring.tellAgain(4)
        ring.add(line("next"))
        #expect(ring.takeAll().dropped == 4)
        #expect(ring.droppedInAll == 4)
    }

    private func line(_ message: String) -> LogRing.Line {
        LogRing.Line(record: record(message), time: .now())
    }

    private func record(_ message: String, _ values: [(LogField, LogValue)] = []) -> LogRecord {
        LogRecord(event: "a.b", level: .info, message: message, values: values)
    }
}
