/// A member of an object: its name, which is a string, and its value.
package struct JSONMember: Equatable, Sendable {
    package let key: JSONValue
    package let value: JSONValue
}

/// Visits the members of one object in their order.
///
/// ```swift
/// var members = try JSONMembers(of: text)
/// while let member = try members.next(in: text) { … }
/// ```
///
/// For a whole text, each step validates what it passes over. Only after `nil` is all of it known to be valid, and
/// nothing found before may be trusted until then. A name that occurs twice is returned twice, so a caller that keeps
/// values by name can refuse it.
package struct JSONMembers: Sendable {
    private var object: JSONContainer

    /// The members of `text`, which must be one object.
    package init(of text: Span<UInt8>, maximumDepth: Int = 64) throws(JSONError) {
        self.object = try JSONContainer(.object, of: text, maximumDepth: maximumDepth)
    }

    /// The members of an object that was found in `text`, so it is already validated.
    package init(of value: JSONValue, in text: Span<UInt8>) throws(JSONError) {
        self.object = try JSONContainer(.object, value, in: text)
    }

    /// The next member, or `nil` after the last one.
    package mutating func next(in text: Span<UInt8>) throws(JSONError) -> JSONMember? {
        guard try self.object.goOn(in: text) else { return nil }
        let key = try self.object.scanner.key(text)
        return JSONMember(key: key, value: try self.object.scanner.value(text, depth: 1))
    }
}
