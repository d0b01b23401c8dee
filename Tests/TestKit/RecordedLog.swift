package import Instruments

/// A log that tests read and wait for.
package final class RecordedLog: LogSink {
    package let lines = Observed<[LogRecord]>([])

    package init() {}

    package func take(_ record: LogRecord) {
        self.lines.change { $0.append(record) }
    }

    /// The lines of one event so far.
    package func lines(of event: String) -> [LogRecord] {
        self.lines.state.filter { $0.event == event }
    }

    /// Waits until there are this many lines of an event in which the named fields have the given texts.
    @discardableResult
    package func wait(
        for event: String,
        count: Int = 1,
        where fields: [LogField: String] = [:]
    ) async throws -> [LogRecord] {
        let matches = { @Sendable (record: LogRecord) in
            record.event == event && fields.allSatisfy { record[$0] == $1 }
        }
        let lines = try await self.lines.wait(for: "\(count) lines of \(event) \(fields)") { lines in
            lines.count(where: matches) >= count
        }
        return lines.filter(matches)
    }
}

extension LogRecord {
    /// A field's value as text; `nil` if the line does not have it.
    package subscript(field: LogField) -> String? {
        switch self.values.first(where: { $0.0 == field })?.1 {
        case .text(let text): text
        case .integer(let number): "\(number)"
        case .decimal(let number): "\(number)"
        case .flag(let flag): "\(flag)"
        case nil: nil
        }
    }
}
