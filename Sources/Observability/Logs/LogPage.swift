import Instruments
import Notation

/// Lines turned into text, up to what is worth writing at once.
struct LogPage {
    /// What a broken output lost.
    struct Loss: Equatable {
        var lines: UInt64 = 0
        /// Losses reported by a `log.dropped` line of the page that was itself lost.
        var told: UInt64 = 0
    }

    private static let fullBytes = 32 * 1024

    private let format: LogFormat
    var instance: String
    /// Where each line ends, and how many lost lines it reports: 0 for all but `log.dropped`.
    private var ends: [(offset: Int, told: UInt64)] = []
    private(set) var bytes: [UInt8] = []

    init(format: LogFormat, instance: String) {
        self.format = format
        self.instance = instance
    }

    var isFull: Bool {
        self.bytes.count >= Self.fullBytes
    }

    mutating func add(_ line: LogRing.Line) {
        self.format.append(line.record, at: line.time, instance: self.instance, to: &self.bytes)
        self.ends.append((self.bytes.count, 0))
    }

    /// The line that says how many are missing here; none if nothing is.
    mutating func addDropped(_ count: UInt64, at time: Timestamp) {
        guard count > 0 else { return }
        self.add(.linesDropped, [(.count, .integer(Int64(clamping: count)))], at: time, told: count)
    }

    /// The line that says how many of one kind were left out.
    mutating func addOmitted(_ omission: LogLimits.Omission, at time: Timestamp) {
        var values: [(LogField, LogValue)] = [
            (.limitedEvent, .text(omission.kind.event)), (.count, .integer(Int64(clamping: omission.count))),
        ]
        if !omission.kind.reason.isEmpty {
            values.append((.reason, .text(omission.kind.reason)))
        }
        self.add(.linesOmitted, values, at: time, told: 0)
    }

    private mutating func add(
        _ event: ObservabilityEvent,
        _ values: [(LogField, LogValue)],
        at time: Timestamp,
        told: UInt64
    ) {
        let record = LogRecord(event: event.rawValue, level: event.level, message: event.message, values: values)
        self.format.append(record, at: time, instance: self.instance, to: &self.bytes)
        self.ends.append((self.bytes.count, told))
    }

    /// The page has been written.
    mutating func clear() {
        self.bytes.removeAll(keepingCapacity: true)
        self.ends.removeAll(keepingCapacity: true)
    }

    /// Only `taken` bytes were written and the rest never will be.
    ///
    /// A line that was cut is ended before the next one.
    mutating func clear(taken: Int) -> Loss {
        var loss = Loss()
        for end in self.ends where end.offset > taken {
            if end.told > 0 { loss.told += end.told } else { loss.lines += 1 }
        }
        let isCut = taken > 0 && self.bytes[taken - 1] != UInt8(ascii: "\n")
        self.clear()
        if isCut { self.bytes.append(UInt8(ascii: "\n")) }
        return loss
    }
}
