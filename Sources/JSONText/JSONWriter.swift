internal import ByteKernels

/// Writes JSON into a byte array.
///
/// It takes care of commas, quotes and escapes; the caller, of the order of calls.
///
/// ```swift
/// JSONWriter.append(to: &bytes) { json in
///     json.object { json in
///         json.member("type", "ok")
///         json.member("position", raw: position)
///     }
/// }
/// ```
package struct JSONWriter: ~Copyable {
    private var bytes: [UInt8]
    private var needsComma = false

    private init(_ bytes: consuming [UInt8]) {
        self.bytes = bytes
    }

    /// Appends what `write` writes, which must be one value.
    package static func append<Failure: Error>(
        to bytes: inout [UInt8],
        _ write: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        var writer = JSONWriter(exchange(&bytes, with: []))
        do throws(Failure) {
            try write(&writer)
        } catch {
            bytes = writer.bytes
            throw error
        }
        bytes = writer.bytes
    }

    // MARK: Containers

    package mutating func object<Failure: Error>(
        _ members: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        self.open(UInt8(ascii: "{"))
        try members(&self)
        self.close(UInt8(ascii: "}"))
    }

    package mutating func array<Failure: Error>(
        _ elements: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        self.open(UInt8(ascii: "["))
        try elements(&self)
        self.close(UInt8(ascii: "]"))
    }

    /// Writes a member's name; its value must be written next.
    package mutating func key(_ name: String) {
        self.separate()
        JSONString.append(name, to: &self.bytes)
        self.bytes.append(UInt8(ascii: ":"))
        self.needsComma = false
    }

    // MARK: Values

    package mutating func value(_ text: String) {
        self.separate()
        JSONString.append(text, to: &self.bytes)
    }

    /// Writes a string given as UTF-8; invalid bytes become U+FFFD.
    package mutating func value(text: Span<UInt8>) {
        self.separate()
        JSONString.append(text, to: &self.bytes)
    }

    package mutating func value(_ number: Int) {
        self.value(Int64(number))
    }

    package mutating func value(_ number: Int64) {
        self.separate()
        if number < 0 {
            self.bytes.append(UInt8(ascii: "-"))
        }
        Self.append(number.magnitude, to: &self.bytes)
    }

    package mutating func value(_ number: UInt64) {
        self.separate()
        Self.append(number, to: &self.bytes)
    }

    /// Infinity and NaN become `null`, since JSON cannot express them.
    package mutating func value(_ number: Double) {
        self.separate()
        self.bytes.append(contentsOf: (number.isFinite ? number.description : "null").utf8)
    }

    package mutating func value(_ bool: Bool) {
        self.separate()
        self.bytes.append(contentsOf: (bool ? "true" : "false").utf8)
    }

    package mutating func null() {
        self.separate()
        self.bytes.append(contentsOf: "null".utf8)
    }

    /// Writes one JSON value as it is; the caller guarantees that it is valid.
    package mutating func value(raw json: Span<UInt8>) {
        self.separate()
        self.bytes.append(copying: json)
    }

    // MARK: Members

    package mutating func member(_ name: String, _ text: String) {
        self.key(name)
        self.value(text)
    }

    package mutating func member(_ name: String, _ number: Int) {
        self.key(name)
        self.value(Int64(number))
    }

    package mutating func member(_ name: String, _ bool: Bool) {
        self.key(name)
        self.value(bool)
    }

    package mutating func member(_ name: String, raw json: Span<UInt8>) {
        self.key(name)
        self.value(raw: json)
    }

    // MARK: Inside

    private mutating func open(_ bracket: UInt8) {
        self.separate()
        self.bytes.append(bracket)
        self.needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        self.bytes.append(bracket)
        self.needsComma = true
    }

    private mutating func separate() {
        if self.needsComma {
            self.bytes.append(UInt8(ascii: ","))
        }
        self.needsComma = true
    }

    /// Appends the digits of a number.
    package static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var start = digits.count
        var rest = number
        repeat {
            start -= 1
            digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        bytes.append(copying: digits.span.extracting(start..<digits.count))
    }
}
