internal import ByteKernels

/// Text as a JSON string.
///
/// Not `QuotedText`, which escapes more: clients get text as close as possible to what was published.
package enum JSONString {
    /// Appends `text` in quotes, escaping only what RFC 8259 requires: `"`, `\` and control characters.
    package static func append(_ text: String, to bytes: inout [UInt8]) {
        self.appendValid(text.utf8.span, to: &bytes)
    }

    /// The same from UTF-8; invalid bytes become U+FFFD.
    package static func append(_ text: Span<UInt8>, to bytes: inout [UInt8]) {
        if isValidUTF8(text) {
            self.appendValid(text, to: &bytes)
        } else {
            self.append(String(decoding: [UInt8](copying: text), as: UTF8.self), to: &bytes)
        }
    }

    private static func appendValid(_ text: Span<UInt8>, to bytes: inout [UInt8]) {
        bytes.reserveCapacity(bytes.count + text.count + 2)
        bytes.append(UInt8(ascii: "\""))
        var start = 0
        while start < text.count {
            let end = PlainText.end(in: text, from: start)
            bytes.append(copying: text.extracting(start..<end))
            guard end < text.count else { break }
            self.appendEscape(text[end], to: &bytes)
            start = end + 1
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func appendEscape(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        default:
            bytes.append(contentsOf: "u00".utf8)
            for digit in [byte >> 4, byte & 15] {
                bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
    }
}
