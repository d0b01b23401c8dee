/// The escapes of RFC 8259 section 7.
enum JSONEscape {
    /// The byte for an escape other than `\u`.
    static func single(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// The value of the four hexadecimal digits at `index`.
    static func codeUnit(_ text: Span<UInt8>, at index: Int) -> UInt16? {
        guard index + 4 <= text.count else { return nil }
        var unit: UInt16 = 0
        for digit in index..<(index + 4) {
            switch text[digit] {
            case 0x30...0x39: unit = unit << 4 | UInt16(text[digit] - 0x30)
            case 0x41...0x46: unit = unit << 4 | UInt16(text[digit] - 0x37)
            case 0x61...0x66: unit = unit << 4 | UInt16(text[digit] - 0x57)
            default: return nil
            }
        }
        return unit
    }

    /// Where the escape `\u` at `index` ends: behind the second one if the two are a surrogate pair.
    ///
    /// - Returns: The scalar too; `nil` for half of a pair, which the grammar allows and no text can hold. The whole
    ///   is `nil` if the four digits are none.
    static func unicode(_ text: Span<UInt8>, at index: Int) -> (scalar: Unicode.Scalar?, end: Int)? {
        guard let unit = self.codeUnit(text, at: index + 2) else { return nil }
        guard 0xD800...0xDFFF ~= unit else { return (Unicode.Scalar(UInt32(unit)), index + 6) }
        guard unit < 0xDC00, index + 7 < text.count, text[index + 6] == UInt8(ascii: "\\"),
            text[index + 7] == UInt8(ascii: "u"), let low = self.codeUnit(text, at: index + 8), 0xDC00...0xDFFF ~= low
        else { return (nil, index + 6) }
        return (Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00)), index + 12)
    }

    /// Appends the meaning of the escape at `index`, which was scanned before; half of a surrogate pair is U+FFFD.
    ///
    /// - Returns: The index behind it, and whether it was text.
    static func append(_ text: Span<UInt8>, at index: Int, to bytes: inout [UInt8]) -> (end: Int, isText: Bool) {
        guard text[index + 1] == UInt8(ascii: "u") else {
            bytes.append(self.single(text[index + 1]) ?? UInt8(ascii: "?"))
            return (index + 2, true)
        }
        guard let (scalar, end) = self.unicode(text, at: index) else { return (index + 2, false) }
        bytes.append(contentsOf: UTF8.encode(scalar ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter)
        return (end, scalar != nil)
    }
}
