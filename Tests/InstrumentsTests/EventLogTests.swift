import Testing

@testable import Instruments

@Suite struct EventLogTests {
    private enum Steps: String, LogEvent {
        case small = "step.small"
        case big = "step.big"

        var level: LogLevel { self == .small ? .debug : .warning }
        var message: String { "A step was taken." }
        var fields: [LogField] { [.count] }
    }

    private final class Sink: LogSink {
        let records = Lock<[LogRecord]>([])
        func take(_ record: LogRecord) { self.records.withLock { $0.append(record) } }
    }

    @Test func `an event carries its level and sentence`() {
        let sink = Sink()
        EventLog(threshold: .debug, sink: sink).write(Steps.small, [(.count, .integer(1))])
        let records = sink.records.withLock { $0 }
        #expect(records.map(\.event) == ["step.small"])
        #expect(records.map(\.level) == [.debug])
        #expect(records.map(\.message) == ["A step was taken."])
        #expect(records.first?.values.first?.1 == .integer(1))
    }

    @Test func `below the threshold nothing is written and no value is made`() {
        let sink = Sink()
        var made = 0
        func values() -> [(LogField, LogValue)] {
            made += 1
            return []
        }
        let log = EventLog(threshold: .warning, sink: sink)
        log.write(Steps.small, values())
        #expect(made == 0)
        log.write(Steps.big, values())
        #expect(made == 1)
        #expect(sink.records.withLock { $0.map(\.event) } == ["step.big"])
    }
}
