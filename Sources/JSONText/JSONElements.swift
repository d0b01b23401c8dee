/// Visits the elements of one array in their order, as `JSONMembers` does the members of an object.
package struct JSONElements: Sendable {
    private var array: JSONContainer

    /// The elements of an array that was found in `text`, so it is already validated.
    package init(of value: JSONValue, in text: Span<UInt8>) throws(JSONError) {
        self.array = try JSONContainer(.array, value, in: text)
    }

    /// The next element, or `nil` after the last one.
    package mutating func next(in text: Span<UInt8>) throws(JSONError) -> JSONValue? {
        guard try self.array.goOn(in: text) else { return nil }
        return try self.array.scanner.value(text, depth: 1)
    }
}
