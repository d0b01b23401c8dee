internal import ByteKernels

/// Reads one JSON text (RFC 8259) in place: strict, with bounded depth, and without allocating.
///
/// Exactly what the grammar allows: no comments, no trailing commas, no byte order mark, but an escaped surrogate
/// without its other half.
///
/// All positions are indices into the span passed to each call, which must always be the same.
package struct JSONScanner: Sendable {
    /// The highest possible limit; one bit per level is kept.
    package static let deepest = 128

    private(set) var position: Int
    private let maximumDepth: Int

    init(at position: Int = 0, maximumDepth: Int) {
        self.position = position
        self.maximumDepth = min(maximumDepth, Self.deepest)
    }

    /// Validates a whole text: one value with nothing but white space around it.
    ///
    /// - Parameter maximumDepth: How deep containers may be nested, at most 128; a single number has depth 0.
    package static func scan(_ text: Span<UInt8>, maximumDepth: Int = 64) throws(JSONError) -> JSONValue {
        try self.checkUTF8(text)
        var scanner = JSONScanner(maximumDepth: maximumDepth)
        let value = try scanner.value(text, depth: 0)
        try scanner.end(text)
        return value
    }

    /// Done once per text: bytes above ASCII are then valid inside strings, and wrong everywhere else.
    static func checkUTF8(_ text: Span<UInt8>) throws(JSONError) {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: text)
        } catch {
            throw JSONError(.malformedUTF8, at: error.byteOffsets.lowerBound)
        }
    }

    mutating func skipBlanks(_ text: Span<UInt8>) {
        while self.position < text.count {
            switch text[self.position] {
            case 0x20, 0x09, 0x0A, 0x0D: self.position += 1
            default: return
            }
        }
    }

    /// The next byte after white space.
    mutating func next(_ text: Span<UInt8>) throws(JSONError) -> UInt8 {
        self.skipBlanks(text)
        guard self.position < text.count else { throw JSONError(.unexpectedEnd, at: text.count) }
        return text[self.position]
    }

    /// Skips the byte that `next` returned.
    mutating func advance() {
        self.position += 1
    }

    func unexpected(_ byte: UInt8) -> JSONError {
        JSONError(.unexpectedByte(byte), at: self.position)
    }

    mutating func end(_ text: Span<UInt8>) throws(JSONError) {
        self.skipBlanks(text)
        guard self.position == text.count else { throw JSONError(.trailingBytes, at: self.position) }
    }

    /// Skips one value and the white space before it, however deep it is.
    ///
    /// - Parameter depth: How many containers surround it.
    mutating func value(_ text: Span<UInt8>, depth: Int) throws(JSONError) -> JSONValue {
        let first = try self.next(text)
        let start = self.position
        switch first {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            try self.container(text, depth: depth)
            return JSONValue(kind: first == UInt8(ascii: "{") ? .object : .array, range: start..<self.position)
        default:
            return try self.scalar(text, first)
        }
    }

    /// Skips a container from its opening bracket to its closing one.
    private mutating func container(_ text: Span<UInt8>, depth outer: Int) throws(JSONError) {
        // One bit per level, the innermost lowest: whether it is an object.
        var objects: UInt128 = 0
        var depth = outer
        while true {
            // A value is expected.
            let first = try self.next(text)
            var isValueDone = true
            switch first {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard depth < self.maximumDepth else {
                    throw JSONError(.tooDeep(limit: self.maximumDepth), at: self.position)
                }
                self.position += 1
                depth += 1
                let isObject = first == UInt8(ascii: "{")
                objects = objects << 1 | (isObject ? 1 : 0)
                let second = try self.next(text)
                if second == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                    self.position += 1
                    depth -= 1
                    objects >>= 1
                } else {
                    isValueDone = false
                    if isObject {
                        _ = try self.key(text)
                    }
                }
            default:
                _ = try self.scalar(text, first)
            }
            // Either a value was read, or a container was opened and its first value follows.
            while isValueDone {
                guard depth > outer else { return }
                let byte = try self.next(text)
                let isObject = objects & 1 == 1
                if byte == UInt8(ascii: ",") {
                    self.position += 1
                    if isObject {
                        _ = try self.key(text)
                    }
                    isValueDone = false
                } else if byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                    self.position += 1
                    depth -= 1
                    objects >>= 1
                } else {
                    throw self.unexpected(byte)
                }
            }
        }
    }

    /// Skips a member's name and the colon after it.
    mutating func key(_ text: Span<UInt8>) throws(JSONError) -> JSONValue {
        let first = try self.next(text)
        guard first == UInt8(ascii: "\"") else { throw self.unexpected(first) }
        let key = try self.string(text)
        let colon = try self.next(text)
        guard colon == UInt8(ascii: ":") else { throw self.unexpected(colon) }
        self.position += 1
        return key
    }

    private mutating func scalar(_ text: Span<UInt8>, _ first: UInt8) throws(JSONError) -> JSONValue {
        switch first {
        case UInt8(ascii: "\""): return try self.string(text)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try self.number(text)
        case UInt8(ascii: "t"): return try self.word("true", .true, text)
        case UInt8(ascii: "f"): return try self.word("false", .false, text)
        case UInt8(ascii: "n"): return try self.word("null", .null, text)
        default: throw self.unexpected(first)
        }
    }

    private mutating func word(
        _ word: String,
        _ kind: JSONValue.Kind,
        _ text: Span<UInt8>
    ) throws(JSONError) -> JSONValue {
        let bytes = word.utf8.span
        let start = self.position
        for index in bytes.indices {
            guard start + index < text.count else { throw JSONError(.unexpectedEnd, at: text.count) }
            guard text[start + index] == bytes[index] else {
                throw JSONError(.unexpectedByte(text[start + index]), at: start + index)
            }
        }
        self.position = start + bytes.count
        return JSONValue(kind: kind, range: start..<self.position)
    }

    private mutating func string(_ text: Span<UInt8>) throws(JSONError) -> JSONValue {
        let start = self.position
        var index = start + 1
        var isEscaped = false
        while true {
            index = PlainText.end(in: text, from: index)
            guard index < text.count else { throw JSONError(.unexpectedEnd, at: text.count) }
            let byte = text[index]
            if byte == UInt8(ascii: "\"") {
                self.position = index + 1
                return JSONValue(kind: .string, range: start..<index + 1, isEscaped: isEscaped)
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
                index = try Self.endOfEscape(text, at: index)
            } else {
                throw JSONError(.controlCharacter(byte), at: index)
            }
        }
    }

    private static func endOfEscape(_ text: Span<UInt8>, at index: Int) throws(JSONError) -> Int {
        guard index + 1 < text.count else { throw JSONError(.unexpectedEnd, at: text.count) }
        guard text[index + 1] == UInt8(ascii: "u") else {
            guard JSONEscape.single(text[index + 1]) != nil else { throw JSONError(.malformedEscape, at: index) }
            return index + 2
        }
        guard let (_, end) = JSONEscape.unicode(text, at: index) else { throw JSONError(.malformedEscape, at: index) }
        return end
    }

    /// Skips a number: minus, digits without a leading zero, fraction, exponent.
    private mutating func number(_ text: Span<UInt8>) throws(JSONError) -> JSONValue {
        let start = self.position
        var index = start
        if text[index] == UInt8(ascii: "-") {
            index += 1
        }
        let integer = Self.digits(text, &index)
        guard integer > 0, integer == 1 || text[index - integer] != UInt8(ascii: "0") else {
            throw JSONError(.malformedNumber, at: start)
        }
        if index < text.count, text[index] == UInt8(ascii: ".") {
            index += 1
            guard Self.digits(text, &index) > 0 else { throw JSONError(.malformedNumber, at: start) }
        }
        if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < text.count, text[index] == UInt8(ascii: "+") || text[index] == UInt8(ascii: "-") {
                index += 1
            }
            guard Self.digits(text, &index) > 0 else { throw JSONError(.malformedNumber, at: start) }
        }
        self.position = index
        return JSONValue(kind: .number, range: start..<index)
    }

    private static func digits(_ text: Span<UInt8>, _ index: inout Int) -> Int {
        let start = index
        while index < text.count, text[index] &- 0x30 < 10 {
            index += 1
        }
        return index - start
    }
}
