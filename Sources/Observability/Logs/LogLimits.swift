import Instruments

/// Leaves out lines of events that come too often, and counts them.
///
/// An event that has a limit may fill it once in ten seconds, from its first line on, and once more for each reason, so
/// that a flood hides nothing else. What was left out is told when the ten seconds are over, whether or not more lines
/// come.
struct LogLimits: Sendable {
    /// What is limited together.
    ///
    /// Reasons come from closed lists, so there are few kinds.
    struct Kind: Hashable, Comparable, Sendable {
        let event: String
        /// Empty where the lines have none.
        let reason: String

        static func < (left: Kind, right: Kind) -> Bool {
            (left.event, left.reason) < (right.event, right.reason)
        }
    }

    /// What becomes of a line.
    enum Verdict: Sendable {
        case write
        /// It is the first one left out, so there is something new to tell in time.
        case omitFirst
        case omit
    }

    /// Lines that were left out in ten seconds.
    struct Omission: Equatable, Sendable {
        let kind: Kind
        let count: UInt64
    }

    private struct Window: Sendable {
        let end: ContinuousClock.Instant
        var written = 0
        var omitted: UInt64 = 0
    }

    private let length: Duration
    private var windows: [Kind: Window] = [:]

    /// - Parameter length: The time in which a limit may be filled once.
    init(length: Duration = .seconds(10)) {
        self.length = length
    }

    /// Counts a line now; most events have no limit and cost nothing here.
    mutating func judge(_ record: LogRecord) -> Verdict {
        record.lineLimit == nil ? .write : self.judge(record, at: .now)
    }

    /// Counts a line.
    mutating func judge(_ record: LogRecord, at now: ContinuousClock.Instant) -> Verdict {
        guard let limit = record.lineLimit else { return .write }
        let kind = Kind(event: record.event, reason: record.reason)
        var window = self.windows[kind] ?? Window(end: now + self.length)
        if window.end <= now, window.omitted == 0 {
            window = Window(end: now + self.length)
        }
        defer { self.windows[kind] = window }
        if window.written < limit {
            window.written += 1
            return .write
        }
        window.omitted += 1
        return window.omitted == 1 ? .omitFirst : .omit
    }

    /// When something is to be told; `nil` while nothing was left out.
    var nextTelling: ContinuousClock.Instant? {
        self.windows.values.filter { $0.omitted > 0 }.map(\.end).min()
    }

    /// What was left out in windows that are over at `now`; told once.
    mutating func takeOmissions(until now: ContinuousClock.Instant) -> [Omission] {
        let over = self.windows.filter { $0.value.omitted > 0 && $0.value.end <= now }
        for kind in over.keys {
            self.windows[kind] = nil
        }
        return over.map { Omission(kind: $0.key, count: $0.value.omitted) }.sorted { $0.kind < $1.kind }
    }

    /// All that was left out and not told yet.
    mutating func takeAllOmissions() -> [Omission] {
        let latest = self.windows.values.map(\.end).max()
        return latest.map { self.takeOmissions(until: $0) } ?? []
    }
}

extension LogRecord {
    fileprivate var reason: String {
        guard case .text(let reason) = self.values.first(where: { $0.0 == .reason })?.1 else { return "" }
        return reason
    }
}
