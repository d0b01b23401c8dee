/// The classes of bytes that RFC 9110 section 5.6 and RFC 3986 name.
enum HTTPByte {
    static let tab = UInt8(ascii: "\t")
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let space = UInt8(ascii: " ")
    static let colon = UInt8(ascii: ":")
    static let comma = UInt8(ascii: ",")

    /// `tchar`: the characters of tokens, methods and field names.
    ///
    /// One bit per character from `!` (0x21) to `~` (0x7E).
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        let low: UInt64 = 0x03FF_6CFA_0000_0000
        let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
        return byte < 0x80 && ((byte < 0x40 ? low : high) >> UInt64(byte & 0x3F)) & 1 == 1
    }

    /// `field-vchar`, space or tab.
    @inline(__always)
    static func isFieldValue(_ byte: UInt8) -> Bool {
        byte >= 0x20 ? byte != 0x7F : byte == self.tab
    }

    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool {
        byte == self.space || byte == self.tab
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10
    }

    @inline(__always)
    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    @inline(__always)
    static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}

extension Span<UInt8> {
    /// Whether this equals `text`, which is ASCII, ignoring case.
    func isASCII(_ text: String, in range: Range<Int>) -> Bool {
        let other = text.utf8.span
        guard range.count == other.count else { return false }
        for index in other.indices
        where HTTPByte.lowercased(self[range.lowerBound + index]) != HTTPByte.lowercased(other[index]) {
            return false
        }
        return true
    }
}
