package import Instruments

/// Every event the gateway can log, from the enums that declare them; `docs/events.md` is its `markdown`.
package struct EventCatalog: Sendable {
    package struct Entry: Sendable, Equatable {
        package let name: String
        package let level: LogLevel
        package let message: String
        package let fields: [LogField]
        package let lineLimit: Int?
    }

    /// Sorted by name.
    package let entries: [Entry]

    package init(_ lists: [any LogEvent.Type]) {
        func entries(of list: (some LogEvent).Type) -> [Entry] {
            list.allCases.map {
                Entry(
                    name: $0.rawValue,
                    level: $0.level,
                    message: $0.message,
                    fields: $0.fields,
                    lineLimit: $0.lineLimit
                )
            }
        }
        self.entries = lists.flatMap { entries(of: $0) }.sorted { $0.name < $1.name }
    }

    /// The rules that a test checks, one sentence per fault: each name is unique, dotted, lower case; each message
    /// is a sentence; each field occurs once.
    package var faults: [String] {
        var faults: [String] = []
        var seen: Set<String> = []
        for entry in self.entries {
            if !seen.insert(entry.name).inserted { faults.append("\(entry.name) is declared twice") }
            if entry.name.wholeMatch(of: /[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*)+/) == nil {
                faults.append("\(entry.name) is not a dotted name in lower case")
            }
            if entry.message.last != "." { faults.append("\(entry.name): its message is no sentence") }
            if Set(entry.fields).count != entry.fields.count { faults.append("\(entry.name) names a field twice") }
        }
        return faults
    }

    /// The page for operators.
    package var markdown: String {
        var page = """
            # Log events

            Every line of the log is one of these events. With `log.format: json`, a line is a JSON object with
            `timestamp`, `level`, `event`, `message` and `instance`, and whichever of the event's fields apply. Tokens,
            secrets and payloads never appear in the log. Text that comes from clients is escaped, and cut after
            1024 bytes.

            Some events are limited to a number of lines in ten seconds, counted for each reason by itself;
            `log.omitted` says how many more there were. This page is printed from the code, and a test compares the two.

            | event | level | what happened | fields |
            | --- | --- | --- | --- |

            """
        for entry in self.entries {
            let fields = entry.fields.map { "`\($0.rawValue)`" }.joined(separator: " ")
            let limit = entry.lineLimit.map { " At most \($0) lines in ten seconds." } ?? ""
            page += "| `\(entry.name)` | \(entry.level.label) | \(entry.message)\(limit) | \(fields) |\n"
        }
        page += """

            ## Fields

            | field | what it says |
            | --- | --- |

            """
        let used = Set(self.entries.flatMap(\.fields))
        for field in LogField.allCases where used.contains(field) {
            page += "| `\(field.rawValue)` | \(field.meaning) |\n"
        }
        return page
    }
}
