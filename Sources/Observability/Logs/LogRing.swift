import Instruments
import Notation

/// The lines that wait for the writer, bounded in number and bytes; lines that do not fit are counted and dropped.
struct LogRing: Sendable {
    struct Bounds: Sendable {
        var lines = 8192
        /// Bytes of text, before escaping.
        var bytes = 4 * 1024 * 1024
    }

    struct Line: Sendable {
        let record: LogRecord
        let time: Timestamp
    }

    /// What the writer takes at once: lines in order of arrival, and how many after them did not fit.
    struct Batch: Sendable {
        var lines: [Line] = []
        var dropped: UInt64 = 0
    }

    private let bounds: Bounds
    private var waiting = Batch()
    private var bytes = 0
    /// Lines that were never written, since the start.
    private(set) var droppedInAll: UInt64 = 0

    init(bounds: Bounds) {
        self.bounds = bounds
    }

    /// Whether there is no line to write.
    ///
    /// Dropped lines are reported with the next line, so that a broken output is not tried again and again.
    var isEmpty: Bool {
        self.waiting.lines.isEmpty
    }

    /// Keeps the line if there is room.
    mutating func add(_ line: Line) {
        let size = line.record.approximateBytes
        guard self.waiting.lines.count < self.bounds.lines, self.bytes + size <= self.bounds.bytes else {
            self.drop(1)
            return
        }
        self.bytes += size
        self.waiting.lines.append(line)
    }

    /// Counts lines that were taken out but could not be written; the next batch reports them.
    mutating func drop(_ count: UInt64) {
        self.waiting.dropped += count
        self.droppedInAll += count
    }

    /// Makes the next batch report losses whose own line was lost; they are already counted.
    mutating func tellAgain(_ count: UInt64) {
        self.waiting.dropped += count
    }

    /// Returns everything and is empty afterwards.
    mutating func takeAll() -> Batch {
        self.bytes = 0
        return exchange(&self.waiting, with: Batch())
    }
}

extension LogRecord {
    /// The approximate size of the record in memory.
    fileprivate var approximateBytes: Int {
        self.values.reduce(64 + self.event.utf8.count + self.message.utf8.count) { sum, value in
            if case .text(let text) = value.1 { sum + 48 + text.utf8.count } else { sum + 48 }
        }
    }
}
