import Foundation
import Instruments
import Testing

@testable import Observability

@Suite(.timeLimit(.minutes(1))) struct LogWriterTests {
    @Test func `lines from many threads all arrive, each whole and each thread's in its order`() throws {
        let pipe = Pipe()
        let writer = LogWriter(format: .json, instance: "gw-0", descriptor: pipe.descriptor, lines: 10_000)
        let reader = LineReader(pipe)
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            for number in 0..<500 { writer.take(record("\(thread)", number)) }
        }
        writer.finish(within: .seconds(30))
        try pipe.fileHandleForWriting.close()
        let lines = try reader.all()
        #expect(lines.count == 2000)
        #expect(writer.linesDropped == 0)
        for thread in 0..<4 {
            let numbers = lines.filter { $0.message == "\(thread)" }.map(\.count)
            #expect(numbers == Array(0..<500))
        }
    }

    @Test func `a reader that stalls stalls nobody; what did not fit is counted, and told once it reads again`() throws
    {
        let pipe = Pipe()
        let writer = LogWriter(format: .json, instance: "gw-0", descriptor: pipe.descriptor, lines: 100)
        // More than the pipe (64 KiB), the page being written and the ring hold together.
        for number in 0..<20_000 { writer.take(record("stalled", number)) }
        let dropped = writer.linesDropped
        #expect(dropped > 0)
        let reader = LineReader(pipe)
        // Once there is room again, a line is taken. What is dropped while the writer catches up counts too.
        writer.take(record("after", 0))
        writer.finish(within: .seconds(30))
        try pipe.fileHandleForWriting.close()
        let lines = try reader.all()
        let told = lines.filter { $0.event == "log.dropped" }
        #expect(!told.isEmpty)
        #expect(told.allSatisfy { $0.level == "warning" })
        #expect(UInt64(told.reduce(0) { $0 + $1.count }) == writer.linesDropped)
        let written = lines.filter { $0.event != "log.dropped" }
        #expect(UInt64(written.count) + writer.linesDropped == 20_001)
        let numbers = written.filter { $0.message == "stalled" }.map(\.count)
        #expect(numbers == numbers.sorted())
        #expect(numbers.first == 0)
    }

    @Test func `a shutdown is over in its time although nobody reads, and what was lost is counted`() throws {
        let pipe = Pipe()
        let writer = LogWriter(format: .json, instance: "gw-0", descriptor: pipe.descriptor, lines: 5000)
        for number in 0..<5000 { writer.take(record("unread", number)) }
        let clock = ContinuousClock()
        let time = clock.measure { writer.finish(within: .milliseconds(200)) }
        #expect(time < .seconds(10))
        // The second call waits for the thread, which has no more time to wait for a reader.
        writer.finish(within: .seconds(30))
        try pipe.fileHandleForWriting.close()
        let text = try LineReader(pipe).text()
        let whole = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().count
        #expect(UInt64(whole) + writer.linesDropped == 5000)
        #expect(writer.linesDropped > 0)
    }

    @Test func `a reader that has gone ends nothing: lines are dropped and counted`() throws {
        let pipe = Pipe()
        let writer = LogWriter(format: .json, instance: "gw-0", descriptor: pipe.descriptor)
        try pipe.fileHandleForReading.close()
        for number in 0..<10 { writer.take(record("gone", number)) }
        writer.finish(within: .seconds(30))
        #expect(writer.linesDropped == 10)
    }

    @Test func `a process started without standard output drops its lines`() {
        let writer = LogWriter(format: .human, instance: "gw-0", descriptor: -1)
        writer.take(record("nowhere", 1))
        writer.finish(within: .seconds(30))
        #expect(writer.linesDropped == 1)
    }

    @Test func `after the end lines are dropped and counted`() throws {
        let pipe = Pipe()
        let writer = LogWriter(format: .json, instance: "gw-0", descriptor: pipe.descriptor)
        writer.finish(within: .seconds(30))
        writer.take(record("late", 1))
        writer.finish(within: .seconds(30))
        #expect(writer.linesDropped == 1)
        try pipe.fileHandleForWriting.close()
        #expect(try LineReader(pipe).all().isEmpty)
    }

    @Test func `lines beyond an event's limit are left out and told at the end, but are not lost ones`() throws {
        let pipe = Pipe()
        let writer = LogWriter(format: .json, instance: "gw-0", descriptor: pipe.descriptor)
        let reader = LineReader(pipe)
        for number in 0..<100 {
            let values: [(LogField, LogValue)] = [(.count, .integer(Int64(number)))]
            writer.take(LogRecord(event: "a.b", level: .info, message: "M.", values: values, lineLimit: 5))
        }
        writer.take(record("other", 0))
        writer.finish(within: .seconds(30))
        try pipe.fileHandleForWriting.close()
        let lines = try reader.all()
        #expect(lines.filter { $0.message == "M." }.map(\.count) == [0, 1, 2, 3, 4])
        #expect(lines.filter { $0.message == "other" }.count == 1)
        let omitted = lines.filter { $0.event == "log.omitted" }
        #expect(omitted.map(\.count) == [95] && omitted.map(\.limitedEvent) == ["a.b"])
        #expect(writer.linesDropped == 0)
    }

    @Test func `what was left out is told when the time is over, though no more lines come`() throws {
        let pipe = Pipe()
        let writer = LogWriter(
            format: .json,
            instance: "gw-0",
            descriptor: pipe.descriptor,
            limitWindow: .milliseconds(50)
        )
        let reader = LineReader(pipe)
        for _ in 0..<10 {
            writer.take(LogRecord(event: "a.b", level: .info, message: "M.", values: [], lineLimit: 1))
        }
        try reader.wait(for: #""limitedEvent":"a.b""#)
        writer.finish(within: .seconds(30))
        try pipe.fileHandleForWriting.close()
        #expect(try reader.text().contains(#""count":9,"limitedEvent":"a.b"}"#))
    }

    @Test func `what was dropped is a metric that starts at 0`() async throws {
        let writer = LogWriter(format: .json, instance: "gw-0", descriptor: -1)
        var measurements = Measurements()
        await writer.measure(into: &measurements)
        let text = String(decoding: Exposition.prometheus.text(of: measurements), as: UTF8.self)
        #expect(text.hasSuffix("\natalaya_log_lines_dropped_total 0\n"))
        writer.finish()
    }

    private func record(_ message: String, _ count: Int) -> LogRecord {
        LogRecord(event: "a.b", level: .info, message: message, values: [(.count, .integer(Int64(count)))])
    }
}

extension Pipe {
    fileprivate var descriptor: Int32 {
        self.fileHandleForWriting.fileDescriptor
    }
}

/// Reads a pipe on a thread of its own until its end.
private final class LineReader: Sendable {
    struct Line: Decodable {
        let level: String
        let event: String
        let message: String
        let count: Int
        let limitedEvent: String?
    }

    private let received = Lock(Data())
    private let more = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    init(_ pipe: Pipe) {
        let handle = pipe.fileHandleForReading
        Thread { [self] in
            while case let piece = handle.availableData, !piece.isEmpty {
                self.received.withLock { $0.append(piece) }
                self.more.signal()
            }
            self.ended.signal()
        }.start()
    }

    /// Waits until what was read contains a text.
    func wait(for part: String) throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while !String(decoding: self.received.withLock { $0 }, as: UTF8.self).contains(part) {
            try #require(ContinuousClock.now < deadline, "never written: \(part)")
            _ = self.more.wait(timeout: .now() + 1)
        }
    }

    func text() throws -> String {
        try #require(self.ended.wait(timeout: .now() + 30) == .success)
        return String(decoding: self.received.withLock { $0 }, as: UTF8.self)
    }

    func all() throws -> [Line] {
        try self.text().split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }
}
