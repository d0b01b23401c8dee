package import Instruments
import Messaging

/// What a JSON value of this interface looks like.
///
/// Written as JSON Schema in `/openapi.json`. A client must not be surprised by further members, so none are forbidden.
package indirect enum Schema: Sendable {
    /// - `format`: One of those that OpenAPI knows, such as `date-time`.
    /// - `pattern`: A regular expression for the whole text.
    case text(format: String? = nil, pattern: String? = nil)
    /// One of a closed list.
    case word([String])
    case integer(ClosedRange<Int>? = nil)
    case number(atLeast: Double? = nil)
    case flag
    case anything
    case list(of: Schema)
    /// An object whose members have free names and values of one kind.
    case table(of: Schema)
    case record(Record)

    /// An object with a name of its own, under which the description has it once.
    package struct Record: Sendable {
        package let name: String
        package let sentence: String
        package let members: [Member]
    }

    package struct Member: Sendable {
        package let name: String
        package let schema: Schema
        package let sentence: String
        package let isOptional: Bool

        /// One that every such object has.
        package static func member(_ name: String, _ schema: Schema, _ sentence: String) -> Member {
            Member(name: name, schema: schema, sentence: sentence, isOptional: false)
        }

        /// One that is absent where there is nothing to say; the sentence says when.
        package static func optional(_ name: String, _ schema: Schema, _ sentence: String) -> Member {
            Member(name: name, schema: schema, sentence: sentence, isOptional: true)
        }
    }

    package static func record(_ name: String, _ sentence: String, _ members: [Member]) -> Schema {
        .record(Record(name: name, sentence: sentence, members: members))
    }

    package static func word(of words: (some Vocabulary).Type) -> Schema {
        .word(words.allCases.map(\.label))
    }

    /// The id of a connection or a message.
    package static let ulid = Schema.text(pattern: "^[0-7][0-9A-HJKMNP-TV-Z]{25}$")
    /// A time as in RFC 3339.
    package static let time = Schema.text(format: "date-time")
    /// How many there are or were.
    package static let count = Schema.integer(0...Int.max)
    /// A number of milliseconds, or a rate.
    package static let amount = Schema.number(atLeast: 0)
}

/// Something that is answered as JSON, with what it looks like.
package protocol DescribedJSON: Encodable, Sendable {
    static var schema: Schema { get }
}

extension Schema {
    /// As JSON Schema; a record is referred to by its name.
    var node: JSONNode {
        switch self {
        case .text(let format, let pattern):
            var members: [String: JSONNode] = ["type": "string"]
            members["format"] = format.map { .text($0) }
            members["pattern"] = pattern.map { .text($0) }
            return .object(members)
        case .word(let words): return ["type": "string", "enum": .list(words.map { .text($0) })]
        case .integer(let bounds):
            var members: [String: JSONNode] = ["type": "integer"]
            members["minimum"] = bounds.map { .integer($0.lowerBound) }
            members["maximum"] = bounds.flatMap { $0.upperBound == .max ? nil : .integer($0.upperBound) }
            return .object(members)
        case .number(let least):
            var members: [String: JSONNode] = ["type": "number"]
            members["minimum"] = least.map { .decimal($0) }
            return .object(members)
        case .flag: return ["type": "boolean"]
        case .anything: return [:]
        case .list(let element): return ["type": "array", "items": element.node]
        case .table(let value): return ["type": "object", "additionalProperties": value.node]
        case .record(let record): return ["$ref": .text("#/components/schemas/\(record.name)")]
        }
    }

    /// Every record in it, itself included.
    var records: [Record] {
        switch self {
        case .text, .word, .integer, .number, .flag, .anything: []
        case .list(let element), .table(let element): element.records
        case .record(let record): [record] + record.members.flatMap(\.schema.records)
        }
    }
}

extension Schema.Record {
    /// As JSON Schema, in full.
    var node: JSONNode {
        var properties: [String: JSONNode] = [:]
        for member in self.members {
            // What stands beside a reference counts as well (JSON Schema 2020-12).
            guard case .object(var node) = member.schema.node else { continue }
            node["description"] = .text(member.sentence)
            properties[member.name] = .object(node)
        }
        return [
            "type": "object", "description": .text(self.sentence), "properties": .object(properties),
            "required": .list(self.members.filter { !$0.isOptional }.map { .text($0.name) }),
        ]
    }
}
