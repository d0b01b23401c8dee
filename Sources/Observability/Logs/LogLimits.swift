import Instruments

/// Leaves out lines of events that come too often, and counts them.
///
/// Each event that has a limit may fill it once in ten seconds, from its first line on. What was left out is told when
/// the ten seconds are over, whether or not more lines come.
struct LogLimits: Sendable {
    /// Lines of one event that were left out in ten seconds.
    struct Omission: Equatable, Sendable {
        let event: String
        let count: UInt64
    }

    private struct Window: Sendable {
        let end: ContinuousClock.Instant
        var written = 0
        var omitted: UInt64 = 0
    }

    private static let length = Duration.seconds(10)

    private var windows: [String: Window] = [:]

    /// Counts a line.
    ///
    /// - Returns: Whether it is to be written.
    mutating func admit(_ record: LogRecord, at now: ContinuousClock.Instant) -> Bool {
        guard let limit = record.lineLimit else { return true }
        var window = self.windows[record.event] ?? Window(end: now + Self.length)
        if window.end <= now, window.omitted == 0 {
            window = Window(end: now + Self.length)
        }
        let isWithin = window.written < limit
        if isWithin {
            window.written += 1
        } else {
            window.omitted += 1
        }
        self.windows[record.event] = window
        return isWithin
    }

    /// When something is to be told; `nil` while nothing was left out.
    var nextTelling: ContinuousClock.Instant? {
        self.windows.values.filter { $0.omitted > 0 }.map(\.end).min()
    }

    /// What was left out in windows that are over at `now`; told once.
    mutating func takeOmissions(until now: ContinuousClock.Instant) -> [Omission] {
        let over = self.windows.filter { $0.value.omitted > 0 && $0.value.end <= now }
        for event in over.keys {
            self.windows[event] = nil
        }
        return over.map { Omission(event: $0.key, count: $0.value.omitted) }.sorted { $0.event < $1.event }
    }

    /// All that was left out and not told yet.
    mutating func takeAllOmissions() -> [Omission] {
        let latest = self.windows.values.map(\.end).max()
        return latest.map { self.takeOmissions(until: $0) } ?? []
    }
}
