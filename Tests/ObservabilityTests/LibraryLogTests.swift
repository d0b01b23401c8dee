import Instruments
import Logging
import Testing

@testable import Observability

@Suite struct LibraryLogTests {
    private enum Failure: Error {
        case broken
    }

    @Test func `a library's line is an event of ours, with those of its fields that are in our list`() throws {
        let sink = RecordingSink()
        var logger = Logger(label: "ServiceLifecycle") { label in
            LibraryLog(label: label, threshold: .info, sink: sink)
        }
        logger[metadataKey: "room"] = "lobby"
        logger[metadataKey: "password"] = "hunter2"
        logger.critical("Cannot start", metadata: ["status": "503", "authorization": "Bearer x"])
        logger.debug("Not shown")
        let records = sink.records.withLock { $0 }
        #expect(records.count == 1)
        let record = try #require(records.first)
        #expect(record.event == "library.message")
        #expect(record.level == .error)
        #expect(record.message == "ServiceLifecycle: Cannot start")
        let values = Dictionary(uniqueKeysWithValues: record.values.map { ($0.0, $0.1) })
        #expect(values == [.room: .text("lobby"), .status: .text("503")])
    }

    @Test func `its error is told, and what a call says stands before what the logger says`() throws {
        let sink = RecordingSink()
        var handler = LibraryLog(label: "a", threshold: .debug, sink: sink)
        handler.metadataProvider = Logger.MetadataProvider { ["room": "provided", "path": "/provided"] }
        handler.metadata = ["room": "logger", "reason": "logger"]
        let event = Logging.LogEvent(
            level: .notice,
            message: "m",
            error: Failure.broken,
            metadata: ["reason": "call"],
            source: "s",
            file: "f",
            function: "f",
            line: 1
        )
        handler.log(event: event)
        let record = try #require(sink.records.withLock { $0 }.first)
        let values = Dictionary(uniqueKeysWithValues: record.values.map { ($0.0, $0.1) })
        #expect(
            values == [
                .room: .text("provided"), .path: .text("/provided"), .reason: .text("call"), .error: .text("broken"),
            ]
        )
        #expect(record.level == .info)
    }

    @Test(arguments: [
        (Logger.Level.trace, LogLevel.debug), (.debug, .debug), (.info, .info), (.notice, .info),
        (.warning, .warning), (.error, .error), (.critical, .error),
    ])
    func `its levels become ours`(theirs: Logger.Level, ours: LogLevel) throws {
        let sink = RecordingSink()
        var logger = Logger(label: "a") { LibraryLog(label: $0, threshold: .debug, sink: sink) }
        logger.logLevel = .trace
        logger.log(level: theirs, "m")
        #expect(sink.records.withLock { $0.map(\.level) } == [ours])
    }
}
