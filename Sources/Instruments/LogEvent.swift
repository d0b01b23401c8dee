/// How important a line is; a log shows its threshold and everything above.
package enum LogLevel: UInt8, Vocabulary, Comparable {
    case debug
    case info
    case warning
    case error

    package var label: String {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .warning: "warning"
        case .error: "error"
        }
    }

    package static func < (left: LogLevel, right: LogLevel) -> Bool {
        left.rawValue < right.rawValue
    }
}

package enum LogValue: Sendable, Equatable {
    case text(String)
    case integer(Int64)
    case decimal(Double)
    case flag(Bool)
}

/// A target's list of log events: an enum whose raw values are the stable dotted names, such as `connection.opened`.
///
/// `docs/events.md` is printed from all of them.
package protocol LogEvent: CaseIterable, RawRepresentable, Sendable where RawValue == String {
    var level: LogLevel { get }
    /// What happened, as a sentence without values.
    var message: String { get }
    /// Every field that its lines may have.
    var fields: [LogField] { get }
    /// How many of its lines with the same reason are written in ten seconds at most; `nil` for all of them.
    ///
    /// For events that strangers can cause as often as they like. What is left out is counted.
    var lineLimit: Int? { get }
}

extension LogEvent {
    package var lineLimit: Int? { nil }
}

/// One line before it becomes text.
///
/// Its time is read by the sink that takes it.
package struct LogRecord: Sendable {
    package let event: String
    package let level: LogLevel
    package let message: String
    package let values: [(LogField, LogValue)]
    /// Its event's.
    package let lineLimit: Int?

    package init(
        event: String,
        level: LogLevel,
        message: String,
        values: [(LogField, LogValue)],
        lineLimit: Int? = nil
    ) {
        self.event = event
        self.level = level
        self.message = message
        self.values = values
        self.lineLimit = lineLimit
    }
}

/// Where records go; called from any thread, must never block.
package protocol LogSink: Sendable {
    func take(_ record: LogRecord)
}

/// What a part of the gateway uses to write its events.
package struct EventLog: Sendable {
    package let threshold: LogLevel
    private let sink: any LogSink

    package init(threshold: LogLevel, sink: any LogSink) {
        self.threshold = threshold
        self.sink = sink
    }

    /// Writes one line; the values are only computed if the level is shown.
    package func write(_ event: some LogEvent, _ values: @autoclosure () -> [(LogField, LogValue)] = []) {
        guard self.shows(event.level) else { return }
        self.sink.take(
            LogRecord(
                event: event.rawValue,
                level: event.level,
                message: event.message,
                values: values(),
                lineLimit: event.lineLimit
            )
        )
    }

    /// Whether lines of this level are written.
    package func shows(_ level: LogLevel) -> Bool {
        level >= self.threshold
    }
}

/// Drops everything: for parts that run without a log.
package struct NoLog: LogSink {
    package init() {}
    package func take(_ record: LogRecord) {}
}
