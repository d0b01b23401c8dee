import Instruments
import Notation

/// How a line is written.
package enum LogFormat: String, CaseIterable, Sendable {
    /// One JSON object per line, for log collectors.
    case json
    /// Time, level, event, sentence and values, for a person at a terminal.
    case human

    /// Appends one line, including its line break.
    ///
    /// The keys have a fixed order: time, level, event, message, instance, then the fields in the order of `LogField`,
    /// each at most once. Whatever the values contain, a line stays one line, and a JSON line stays valid. Long texts
    /// are cut.
    func append(_ record: LogRecord, at time: Timestamp, instance: String, to text: inout [UInt8]) {
        switch self {
        case .json: Self.appendJSON(record, at: time, instance: instance, to: &text)
        case .human: Self.appendHuman(record, at: time, to: &text)
        }
        text.append(UInt8(ascii: "\n"))
    }

    private static func appendJSON(
        _ record: LogRecord,
        at time: Timestamp,
        instance: String,
        to text: inout [UInt8]
    ) {
        text.append(contentsOf: #"{"timestamp":""#.utf8)
        text.append(contentsOf: time.text.utf8)
        text.append(contentsOf: #"","level":""#.utf8)
        text.append(contentsOf: record.level.label.utf8)
        text.append(contentsOf: #"","event":"#.utf8)
        QuotedText.append(record.event, to: &text)
        text.append(contentsOf: #","message":"#.utf8)
        QuotedText.append(record.message, to: &text)
        text.append(contentsOf: #","instance":"#.utf8)
        QuotedText.append(instance, to: &text)
        for (field, value) in record.valuesInOrder {
            text.append(contentsOf: ",\"\(field.rawValue)\":".utf8)
            switch value {
            case .text(let string): QuotedText.append(string.shortened, to: &text)
            case .integer(let number): text.append(contentsOf: String(number).utf8)
            case .decimal(let number): text.append(contentsOf: String(number).utf8)
            case .flag(let flag): text.append(contentsOf: String(flag).utf8)
            }
        }
        text.append(UInt8(ascii: "}"))
    }

    private static func appendHuman(_ record: LogRecord, at time: Timestamp, to text: inout [UInt8]) {
        text.append(contentsOf: time.timeText.utf8)
        text.append(UInt8(ascii: " "))
        text.appendPadded(record.level.label, width: 8)
        text.appendPadded(record.event, width: 24)
        QuotedText.appendInside(record.message, to: &text)
        for (field, value) in record.valuesInOrder {
            text.append(contentsOf: " \(field.rawValue)=".utf8)
            switch value {
            case .text(let string) where string.needsQuotes: QuotedText.append(string.shortened, to: &text)
            case .text(let string): text.append(contentsOf: string.shortened.utf8)
            case .integer(let number): text.append(contentsOf: String(number).utf8)
            case .decimal(let number): text.append(contentsOf: String(number).utf8)
            case .flag(let flag): text.append(contentsOf: String(flag).utf8)
            }
        }
    }
}

extension LogField {
    private static let positions = Dictionary(
        uniqueKeysWithValues: LogField.allCases.enumerated().map { ($0.element, $0.offset) }
    )

    /// Its place in a line.
    fileprivate var position: Int {
        Self.positions[self] ?? Self.allCases.count
    }
}

extension LogRecord {
    /// The values in the order of the fields, the first of each field.
    fileprivate var valuesInOrder: [(LogField, LogValue)] {
        var ordered: [(LogField, LogValue)] = []
        ordered.reserveCapacity(self.values.count)
        for value in self.values where !ordered.contains(where: { $0.0 == value.0 }) {
            ordered.append(value)
        }
        ordered.sort { $0.0.position < $1.0.position }
        return ordered
    }
}

extension String {
    private static let longest = 1024

    /// As much of it as one value of a line may hold; an ellipsis stands for the rest.
    fileprivate var shortened: String {
        guard self.utf8.count > Self.longest else { return self }
        var end = self.utf8.index(self.startIndex, offsetBy: Self.longest)
        while end.samePosition(in: self.unicodeScalars) == nil {
            end = self.utf8.index(before: end)
        }
        return String(self[..<end]) + "…"
    }

    /// Whether a reader could not tell where the value ends, or would take it for something else.
    fileprivate var needsQuotes: Bool {
        self.isEmpty
            || self.unicodeScalars.contains { $0 == " " || $0 == "=" || QuotedText.mustBeEscaped($0) }
    }
}

extension [UInt8] {
    /// `string` padded with spaces to `width`, at least one.
    fileprivate mutating func appendPadded(_ string: String, width: Int) {
        let end = self.count + width
        QuotedText.appendInside(string, to: &self)
        self.append(contentsOf: repeatElement(UInt8(ascii: " "), count: Swift.max(1, end - self.count)))
    }
}
