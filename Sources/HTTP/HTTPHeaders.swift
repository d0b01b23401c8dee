internal import ByteKernels

/// Field lines in order: one buffer that holds them all, and the position of each name and value in it.
///
/// Names are compared case-insensitively. Values have no surrounding white space.
package struct HTTPHeaders: Sendable {
    /// The position of one field in the buffer.
    struct Field: Sendable {
        let nameStart: UInt32
        let nameEnd: UInt32
        let valueStart: UInt32
        let valueEnd: UInt32

        var name: Range<Int> { Int(self.nameStart)..<Int(self.nameEnd) }
        var value: Range<Int> { Int(self.valueStart)..<Int(self.valueEnd) }
    }

    private(set) var bytes: [UInt8]
    private(set) var fields: [Field]

    package init() {
        self.bytes = []
        self.fields = []
    }

    /// `fields` point into `bytes`, which may hold more than the fields.
    init(bytes: [UInt8], fields: [Field]) {
        self.bytes = bytes
        self.fields = fields
    }

    /// How many field lines there are.
    package var count: Int { self.fields.count }

    /// The value of a field.
    ///
    /// If the field is repeated, all its values joined by `, ` (RFC 9110 section 5.3).
    ///
    /// So a repeated field that must be unique is invalid by its own syntax.
    package subscript(name: String) -> String? {
        var joined: String?
        let bytes = self.bytes.span
        for field in self.fields where bytes.isASCII(name, in: field.name) {
            let value = String(repairing: bytes.extracting(field.value))
            joined = joined.map { $0 + ", " + value } ?? value
        }
        return joined
    }

    /// How many field lines have this name.
    package func count(of name: String) -> Int {
        let bytes = self.bytes.span
        var count = 0
        for field in self.fields where bytes.isASCII(name, in: field.name) {
            count += 1
        }
        return count
    }

    /// The elements of a list-valued field from all its lines, in order, without empty ones.
    ///
    /// Splits at commas; not for lists whose elements may hold quoted commas.
    package func elements(of name: String) -> [String] {
        var elements: [String] = []
        self.forEachElement(of: name) { bytes in
            elements.append(String(repairing: bytes))
            return true
        }
        return elements
    }

    /// Whether `token` is an element of a list-valued field, ignoring case.
    ///
    /// Allocates nothing.
    package func hasElement(_ token: String, in name: String) -> Bool {
        var found = false
        self.forEachElement(of: name) { bytes in
            found = bytes.isASCII(token, in: bytes.indices)
            return !found
        }
        return found
    }

    /// Lends the bytes of the first value without copying them.
    package func withFirstValue<Result>(of name: String, _ body: (Span<UInt8>) -> Result) -> Result? {
        let bytes = self.bytes.span
        for field in self.fields where bytes.isASCII(name, in: field.name) {
            return body(bytes.extracting(field.value))
        }
        return nil
    }

    /// The name of the field line at `index`, as it was written.
    package func name(at index: Int) -> String {
        String(repairing: self.bytes.span.extracting(self.fields[index].name))
    }

    /// The value of the field line at `index`; bytes that are not UTF-8 are repaired.
    package func value(at index: Int) -> String {
        String(repairing: self.bytes.span.extracting(self.fields[index].value))
    }

    /// Appends a field line.
    ///
    /// Bytes that are not allowed in a field become spaces, so no value can add a line or end the head.
    package mutating func add(_ name: String, _ value: String) {
        let nameStart = UInt32(self.bytes.count)
        for byte in name.utf8 {
            self.bytes.append(HTTPByte.isToken(byte) ? byte : UInt8(ascii: "-"))
        }
        let nameEnd = UInt32(self.bytes.count)
        for byte in value.utf8 {
            self.bytes.append(HTTPByte.isFieldValue(byte) ? byte : HTTPByte.space)
        }
        let valueEnd = UInt32(self.bytes.count)
        self.fields.append(Field(nameStart: nameStart, nameEnd: nameEnd, valueStart: nameEnd, valueEnd: valueEnd))
    }

    /// Calls `body` with each element until it returns `false`.
    func forEachElement(of name: String, _ body: (Span<UInt8>) -> Bool) {
        let bytes = self.bytes.span
        for field in self.fields where bytes.isASCII(name, in: field.name) {
            guard bytes.extracting(field.value).forEachListElement(body) else { return }
        }
    }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, String)...) {
        self.init()
        for (name, value) in elements {
            self.add(name, value)
        }
    }
}

extension Span<UInt8> {
    /// Calls `body` with each non-empty element between commas, without surrounding blanks, until it returns `false`.
    ///
    /// - Returns: `false` if `body` stopped it.
    @discardableResult
    func forEachListElement(_ body: (Span<UInt8>) -> Bool) -> Bool {
        var start = 0
        while start < self.count {
            var end = start
            while end < self.count, self[end] != HTTPByte.comma {
                end += 1
            }
            let element = self.trimmed(start..<end)
            if !element.isEmpty, !body(self.extracting(element)) {
                return false
            }
            start = end + 1
        }
        return true
    }

    /// `range` without leading and trailing blanks.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, HTTPByte.isBlank(self[start]) {
            start += 1
        }
        while end > start, HTTPByte.isBlank(self[end - 1]) {
            end -= 1
        }
        return start..<end
    }
}

extension String {
    /// A copy; bytes that are not UTF-8 become U+FFFD.
    init(repairing bytes: Span<UInt8>) {
        if let text = try? UTF8Span(validating: bytes) {
            self = String(copying: text)
        } else {
            self = String(decoding: [UInt8](copying: bytes), as: UTF8.self)
        }
    }
}
