/// A member of an object: its name, which is a string, and its value.
package struct JSONMember: Equatable, Sendable {
    package let key: JSONValue
    package let value: JSONValue

    /// Whether the member has this name, escapes undone.
    package func isNamed(_ name: String, in text: Span<UInt8>) -> Bool {
        self.key.isString(name, in: text)
    }
}

/// Visits the members of one object in their order.
///
/// ```swift
/// var members = try JSONMembers(of: text)
/// while let member = try members.next(in: text) { … }
/// ```
///
/// For a whole text, each step validates what it goes over, so after `nil` all of it was valid, and nothing found
/// before may be trusted until then. A name that comes twice is handed out twice: who keeps values by name sees that a
/// place is taken, and refuses.
package struct JSONMembers: Sendable {
    private var scanner: JSONScanner
    private let depth: Int
    private let isWholeText: Bool
    private var isFirst = true
    private var isDone = false

    /// The members of the object that `text` as a whole is.
    package init(of text: Span<UInt8>, maximumDepth: Int = 64) throws(JSONError) {
        try JSONScanner.checkUTF8(text)
        self.scanner = JSONScanner(maximumDepth: maximumDepth)
        self.depth = 1
        self.isWholeText = true
        try self.open(text, maximumDepth)
    }

    /// The members of an object that was found in `text`, and so is valid.
    package init(of value: JSONValue, in text: Span<UInt8>) throws(JSONError) {
        self.scanner = JSONScanner(at: value.range.lowerBound, maximumDepth: JSONScanner.deepest)
        self.depth = 1
        self.isWholeText = false
        try self.open(text, JSONScanner.deepest)
    }

    private mutating func open(_ text: Span<UInt8>, _ maximumDepth: Int) throws(JSONError) {
        let first = try self.scanner.next(text)
        guard first == UInt8(ascii: "{") else {
            _ = try self.scanner.value(text, depth: 0)
            throw JSONError(.notAnObject, at: self.scanner.position)
        }
        guard maximumDepth > 0 else { throw JSONError(.tooDeep(limit: maximumDepth), at: self.scanner.position) }
        self.scanner.advance()
    }

    /// The next member, or `nil` behind the last one.
    package mutating func next(in text: Span<UInt8>) throws(JSONError) -> JSONMember? {
        guard !self.isDone else { return nil }
        let byte = try self.scanner.next(text)
        if byte == UInt8(ascii: "}") {
            self.scanner.advance()
            self.isDone = true
            if self.isWholeText {
                try self.scanner.end(text)
            }
            return nil
        }
        if self.isFirst {
            self.isFirst = false
        } else {
            guard byte == UInt8(ascii: ",") else { throw self.scanner.unexpected(byte) }
            self.scanner.advance()
        }
        let key = try self.scanner.key(text)
        return JSONMember(key: key, value: try self.scanner.value(text, depth: self.depth))
    }
}

/// Visits the elements of one array in their order, as `JSONMembers` does the members of an object.
package struct JSONElements: Sendable {
    private var scanner: JSONScanner
    private let isWholeText: Bool
    private var isFirst = true
    private var isDone = false

    /// The elements of the array that `text` as a whole is.
    package init(of text: Span<UInt8>, maximumDepth: Int = 64) throws(JSONError) {
        try JSONScanner.checkUTF8(text)
        self.scanner = JSONScanner(maximumDepth: maximumDepth)
        self.isWholeText = true
        try self.open(text, maximumDepth)
    }

    /// The elements of an array that was found in `text`, and so is valid.
    package init(of value: JSONValue, in text: Span<UInt8>) throws(JSONError) {
        self.scanner = JSONScanner(at: value.range.lowerBound, maximumDepth: JSONScanner.deepest)
        self.isWholeText = false
        try self.open(text, JSONScanner.deepest)
    }

    private mutating func open(_ text: Span<UInt8>, _ maximumDepth: Int) throws(JSONError) {
        let first = try self.scanner.next(text)
        guard first == UInt8(ascii: "[") else {
            _ = try self.scanner.value(text, depth: 0)
            throw JSONError(.notAnArray, at: self.scanner.position)
        }
        guard maximumDepth > 0 else { throw JSONError(.tooDeep(limit: maximumDepth), at: self.scanner.position) }
        self.scanner.advance()
    }

    /// The next element, or `nil` behind the last one.
    package mutating func next(in text: Span<UInt8>) throws(JSONError) -> JSONValue? {
        guard !self.isDone else { return nil }
        let byte = try self.scanner.next(text)
        if byte == UInt8(ascii: "]") {
            self.scanner.advance()
            self.isDone = true
            if self.isWholeText {
                try self.scanner.end(text)
            }
            return nil
        }
        if self.isFirst {
            self.isFirst = false
        } else {
            guard byte == UInt8(ascii: ",") else { throw self.scanner.unexpected(byte) }
            self.scanner.advance()
        }
        return try self.scanner.value(text, depth: 1)
    }
}
