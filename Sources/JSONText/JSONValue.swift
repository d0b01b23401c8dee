internal import ByteKernels

/// Where a value is in a scanned JSON text, and what kind it is.
///
/// It holds no bytes, so every method takes the text in which the value was found.
package struct JSONValue: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        case object
        case array
        case string
        case number
        case `true`
        case `false`
        case null
    }

    package let kind: Kind
    /// The whole value, including the quotes of a string or the brackets of a container.
    ///
    /// To pass it on, copy these bytes.
    package let range: Range<Int>
    /// For a string: whether it contains a `\`.
    package let isEscaped: Bool

    init(kind: Kind, range: Range<Int>, isEscaped: Bool = false) {
        self.kind = kind
        self.range = range
        self.isEscaped = isEscaped
    }

    /// For a string: what is between the quotes, still escaped.
    package var contents: Range<Int> {
        precondition(self.kind == .string, "only a string has contents")
        return (self.range.lowerBound + 1)..<(self.range.upperBound - 1)
    }

    /// Whether this is a string that equals `other` once unescaped.
    ///
    /// Allocates only if there are escapes.
    package func isString(_ other: String, in text: Span<UInt8>) -> Bool {
        guard self.kind == .string else { return false }
        if self.isEscaped {
            // Byte by byte: two strings that are only canonically equivalent are not the same name.
            var unescaped: [UInt8] = []
            guard self.appendString(in: text, to: &unescaped) else { return false }
            return unescaped.elementsEqual(other.utf8)
        }
        let bytes = other.utf8.span
        let start = self.range.lowerBound + 1
        guard bytes.count == self.range.count - 2 else { return false }
        for index in bytes.indices where bytes[index] != text[start + index] {
            return false
        }
        return true
    }

    /// The string, unescaped; `nil` for any other kind, and if it has half of a surrogate pair, which is no text.
    package func string(in text: Span<UInt8>) -> String? {
        guard self.kind == .string else { return nil }
        if self.isEscaped {
            var bytes: [UInt8] = []
            guard self.appendString(in: text, to: &bytes) else { return nil }
            return String(decoding: bytes, as: UTF8.self)
        }
        guard let valid = try? UTF8Span(validating: text.extracting(self.contents)) else { return nil }
        return String(copying: valid)
    }

    /// Appends a string as UTF-8, unescaped, with U+FFFD for each half of a surrogate pair; nothing for any other kind.
    ///
    /// - Returns: Whether it is a string, and all of it is text.
    @discardableResult
    package func appendString(in text: Span<UInt8>, to bytes: inout [UInt8]) -> Bool {
        guard self.kind == .string else { return false }
        let contents = text.extracting(self.contents)
        guard self.isEscaped else {
            bytes.append(copying: contents)
            return true
        }
        var isText = true
        bytes.reserveCapacity(bytes.count + contents.count)
        var plain = 0
        var index = 0
        while index < contents.count {
            guard contents[index] == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            bytes.append(copying: contents.extracting(plain..<index))
            let escape = JSONEscape.append(contents, at: index, to: &bytes)
            isText = isText && escape.isText
            index = escape.end
            plain = index
        }
        bytes.append(copying: contents.extracting(plain..<contents.count))
        return isText
    }

    /// The number, if it is written without fraction and exponent, and fits.
    package func integer(in text: Span<UInt8>) -> Int64? {
        guard self.kind == .number else { return nil }
        let digits = text.extracting(self.range)
        let isNegative = digits[0] == UInt8(ascii: "-")
        var value: Int64 = 0
        for index in (isNegative ? 1 : 0)..<digits.count {
            guard digits[index] &- 0x30 < 10 else { return nil }
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.subtractingReportingOverflow(Int64(digits[index] - 0x30))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        guard !isNegative else { return value }
        return value == .min ? nil : -value
    }

    /// The number, rounded to a `Double`; `nil` for any other kind, and if it is too large.
    package func double(in text: Span<UInt8>) -> Double? {
        guard self.kind == .number, let digits = try? UTF8Span(validating: text.extracting(self.range)),
            let value = Double(String(copying: digits)), value.isFinite
        else { return nil }
        return value
    }

    /// `true` or `false`; `nil` for any other kind.
    package var bool: Bool? {
        switch self.kind {
        case .true: true
        case .false: false
        default: nil
        }
    }
}
