import Instruments
import Testing

@testable import Observability

@Suite struct EventCatalogTests {
    private enum Doors: String, LogEvent {
        case opened = "door.opened"
        case jammed = "door.jammed"

        var level: LogLevel { self == .opened ? .info : .error }
        var message: String { self == .opened ? "A door was opened." : "A door does not move." }
        var fields: [LogField] { self == .opened ? [] : [.reason, .durationMs] }
        var lineLimit: Int? { self == .opened ? 50 : nil }
    }

    private enum Faulty: String, LogEvent {
        case again = "door.opened"
        case shouted = "Door.Shut"
        case dotless = "shut"

        var level: LogLevel { .info }
        var message: String { self == .dotless ? "no sentence" : "A sentence." }
        var fields: [LogField] { self == .dotless ? [.room, .room] : [] }
    }

    @Test func `the page lists every event with level, sentence and fields, sorted`() {
        let page = EventCatalog([Doors.self]).markdown
        #expect(
            page.hasSuffix(
                """
                | event | level | what happened | fields |
                | --- | --- | --- | --- |
                | `door.jammed` | error | A door does not move. | `reason` `durationMs` |
                | `door.opened` | info | A door was opened. At most 50 lines in ten seconds. |  |

                ## Fields

                | field | what it says |
                | --- | --- |
                | `reason` | \(LogField.reason.meaning) |
                | `durationMs` | \(LogField.durationMs.meaning) |

                """
            )
        )
    }

    @Test func `what is wrong with the lists is said in a sentence each`() {
        #expect(
            EventCatalog([Doors.self, Faulty.self]).faults == [
                "Door.Shut is not a dotted name in lower case",
                "door.opened is declared twice",
                "shut is not a dotted name in lower case",
                "shut: its message is no sentence",
                "shut names a field twice",
            ]
        )
    }

    @Test func `every field is explained in a sentence`() {
        for field in LogField.allCases {
            #expect(field.meaning.hasSuffix("."), "\(field)")
        }
        #expect(Set(LogField.allCases.map(\.meaning)).count == LogField.allCases.count)
    }

    @Test func `our own events are in order`() {
        #expect(EventCatalog([ObservabilityEvent.self]).faults.isEmpty)
        #expect(EventCatalog([ObservabilityEvent.self]).entries.count == ObservabilityEvent.allCases.count)
    }
}
