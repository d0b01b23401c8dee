import Instruments
import Testing

@testable import Observability

@Suite struct LogPageTests {
    @Test func `a page that was cut knows what it lost, and ends the torn line`() {
        var page = LogPage(format: .json, instance: "gw-0")
        page.add(line("one"))
        let first = page.bytes.count
        page.add(line("two"))
        page.addDropped(7, at: .now())
        #expect(page.clear(taken: first + 5) == LogPage.Loss(lines: 1, told: 7))
        #expect(page.bytes == [UInt8(ascii: "\n")])
        page.add(line("three"))
        #expect(page.clear(taken: page.bytes.count) == LogPage.Loss())
        #expect(page.bytes.isEmpty)
    }

    @Test func `a page that was cut between lines tears none`() {
        var page = LogPage(format: .json, instance: "gw-0")
        page.add(line("one"))
        let first = page.bytes.count
        page.add(line("two"))
        #expect(page.clear(taken: first) == LogPage.Loss(lines: 1))
        #expect(page.bytes.isEmpty)
        page.add(line("three"))
        #expect(page.clear(taken: 0) == LogPage.Loss(lines: 1))
        #expect(page.bytes.isEmpty)
    }

    @Test func `nothing dropped, nothing told`() {
        var page = LogPage(format: .json, instance: "gw-0")
        page.addDropped(0, at: .now())
        #expect(page.bytes.isEmpty)
        #expect(!page.isFull)
    }

    private func line(_ message: String) -> LogRing.Line {
        let record = LogRecord(event: "a.b", level: .info, message: message, values: [])
        return LogRing.Line(record: record, time: .now())
    }
}
