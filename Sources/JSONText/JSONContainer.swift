/// Walks through one object or array: its brackets and commas, and what may follow the whole text.
struct JSONContainer: Sendable {
    enum Kind: Sendable {
        case object
        case array
    }

    var scanner: JSONScanner
    private let kind: Kind
    private let isWholeText: Bool
    private var isFirst = true
    private var isDone = false

    /// The container that makes up all of `text`.
    init(_ kind: Kind, of text: Span<UInt8>, maximumDepth: Int) throws(JSONError) {
        try JSONScanner.checkUTF8(text)
        self.scanner = JSONScanner(maximumDepth: maximumDepth)
        self.kind = kind
        self.isWholeText = true
        try self.open(text, maximumDepth)
    }

    /// A container that was found in `text`, so it is already validated.
    init(_ kind: Kind, _ value: JSONValue, in text: Span<UInt8>) throws(JSONError) {
        self.scanner = JSONScanner(at: value.range.lowerBound, maximumDepth: JSONScanner.deepest)
        self.kind = kind
        self.isWholeText = false
        try self.open(text, JSONScanner.deepest)
    }

    private mutating func open(_ text: Span<UInt8>, _ maximumDepth: Int) throws(JSONError) {
        let first = try self.scanner.next(text)
        guard first == (self.kind == .object ? UInt8(ascii: "{") : UInt8(ascii: "[")) else {
            _ = try self.scanner.value(text, depth: 0)
            throw JSONError(self.kind == .object ? .notAnObject : .notAnArray, at: self.scanner.position)
        }
        guard maximumDepth > 0 else { throw JSONError(.tooDeep(limit: maximumDepth), at: self.scanner.position) }
        self.scanner.advance()
    }

    /// Whether there is another member or element; the scanner is then right before it.
    @inline(__always)
    mutating func goOn(in text: Span<UInt8>) throws(JSONError) -> Bool {
        guard !self.isDone else { return false }
        let byte = try self.scanner.next(text)
        if byte == (self.kind == .object ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
            self.scanner.advance()
            self.isDone = true
            if self.isWholeText {
                try self.scanner.end(text)
            }
            return false
        }
        if self.isFirst {
            self.isFirst = false
        } else {
            guard byte == UInt8(ascii: ",") else { throw self.scanner.unexpected(byte) }
            self.scanner.advance()
        }
        return true
    }
}
