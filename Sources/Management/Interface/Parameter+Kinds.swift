package import Instruments
package import Messaging
import Notation

// The kinds of parameters that endpoints have in common.

extension Parameter<Int> {
    /// A whole number within bounds, in the query.
    package static func integer(
        _ name: String,
        in bounds: ClosedRange<Int>,
        default fallback: Int,
        _ sentence: String
    ) -> Parameter {
        Parameter(
            name,
            in: .query,
            .integer(bounds),
            default: fallback,
            shownDefault: .integer(fallback),
            sentence
        ) { text throws(ParameterFault) in
            try Self.number(text, in: bounds)
        }
    }

    fileprivate static func number(_ text: String, in bounds: ClosedRange<Int>) throws(ParameterFault) -> Int {
        // `Int` would read a sign too.
        guard text.utf8.first != UInt8(ascii: "+"), let number = Int(text), bounds.contains(number) else {
            throw ParameterFault("a whole number from \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        return number
    }
}

extension Parameter<Int?> {
    /// A whole number within bounds, in the query, that may be left out.
    package static func integer(
        _ name: String,
        in bounds: ClosedRange<Int>,
        _ sentence: String
    ) -> Parameter {
        Parameter(name, in: .query, .integer(bounds), default: .some(nil), sentence) { text throws(ParameterFault) in
            try Parameter<Int>.number(text, in: bounds)
        }
    }
}

extension Parameter where Value: Vocabulary {
    /// One word of a closed list, in the query.
    package static func word(_ name: String, default fallback: Value, _ sentence: String) -> Parameter {
        Parameter(
            name,
            in: .query,
            .word(of: Value.self),
            default: fallback,
            shownDefault: .text(fallback.label),
            sentence
        ) { text throws(ParameterFault) in
            try Self.word(text)
        }
    }

    fileprivate static func word(_ text: String) throws(ParameterFault) -> Value {
        if let word = Value.allCases.first(where: { $0.label == text }) { return word }
        let words = Value.allCases.map(\.label)
        let list = words.count == 1 ? words[0] : "one of \(words.joined(separator: ", "))"
        throw ParameterFault(list, suggestion: Suggestion.nearest(to: text, among: words))
    }
}

extension Parameter {
    /// One word of a closed list, in the query, that may be left out.
    package static func word<Word: Vocabulary>(_ name: String, _ sentence: String) -> Parameter
    where Value == Word? {
        Parameter(name, in: .query, .word(of: Word.self), default: .some(nil), sentence) {
            text throws(ParameterFault) in
            try Parameter<Word>.word(text)
        }
    }
}

extension Parameter<Bool> {
    /// Something that is asked for by naming it, with or without a value.
    package static func flag(_ name: String, _ sentence: String) -> Parameter {
        Parameter(name, in: .query, .text(), default: false, sentence) { _ in true }
    }
}

extension Parameter<String?> {
    /// Text of at most this many bytes, in the query, that may be left out.
    package static func text(_ name: String, longest: Int, _ sentence: String) -> Parameter {
        Parameter(name, in: .query, .text(), default: .some(nil), sentence) { text throws(ParameterFault) in
            guard (1...longest).contains(text.utf8.count) else {
                throw ParameterFault("a text of 1 to \(longest) bytes")
            }
            return text
        }
    }
}

extension Parameter<RoomName> {
    /// The room that a path names.
    package static let room = Parameter(
        "room",
        in: .path,
        .text(pattern: RoomName.pattern),
        default: nil,
        "The room's name; a `/` in it is written `%2F`."
    ) { text throws(ParameterFault) in
        try RoomName.reading(text)
    }
}

extension Parameter<RoomName?> {
    /// A room that narrows a list.
    package static func room(_ sentence: String) -> Parameter {
        Parameter("room", in: .query, .text(pattern: RoomName.pattern), default: .some(nil), sentence) {
            text throws(ParameterFault) in
            try RoomName.reading(text)
        }
    }
}

extension RoomName {
    fileprivate static let pattern = "^[A-Za-z0-9.:/@-][A-Za-z0-9._:/@-]{0,199}$"

    fileprivate static func reading(_ text: String) throws(ParameterFault) -> RoomName {
        do throws(RoomNameError) {
            return try RoomName(text)
        } catch {
            throw ParameterFault("the name of a room, and \(error)")
        }
    }
}

extension Parameter<UserID> {
    /// The user that a path names.
    package static let user = Parameter(
        "userId",
        in: .path,
        .text(),
        default: nil,
        "The user's id, percent-encoded."
    ) { text throws(ParameterFault) in
        try UserID.reading(text)
    }
}

extension Parameter<UserID?> {
    /// A user that narrows a list.
    package static func user(_ sentence: String) -> Parameter {
        Parameter("user", in: .query, .text(), default: .some(nil), sentence) { text throws(ParameterFault) in
            try UserID.reading(text)
        }
    }
}

extension UserID {
    fileprivate static func reading(_ text: String) throws(ParameterFault) -> UserID {
        do throws(UserIDError) {
            return try UserID(text)
        } catch {
            throw ParameterFault("the id of a user, and \(error)")
        }
    }
}

extension Parameter<ConnectionID> {
    /// The connection that a path names.
    package static let connection = Parameter(
        "connectionId",
        in: .path,
        .ulid,
        default: nil,
        "The connection's id."
    ) { text throws(ParameterFault) in
        try ConnectionID.reading(text)
    }
}

extension Parameter<ConnectionID?> {
    /// A connection that narrows a list.
    package static func connection(_ sentence: String) -> Parameter {
        Parameter("connection", in: .query, .ulid, default: .some(nil), sentence) { text throws(ParameterFault) in
            try ConnectionID.reading(text)
        }
    }
}

extension ConnectionID {
    fileprivate static func reading(_ text: String) throws(ParameterFault) -> ConnectionID {
        guard let ulid = ULID(text) else {
            throw ParameterFault("the id of a connection: 26 characters of 0-9 A-Z without I, L, O and U")
        }
        return ConnectionID(ulid)
    }
}
