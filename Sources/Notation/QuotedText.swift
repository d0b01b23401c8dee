/// Text in double quotes on one line, in a form that both JSON (RFC 8259 section 7) and YAML read.
///
/// Anything that could end the line or control a terminal is escaped, which is more than JSON requires.
package enum QuotedText {
    /// `text` in quotes.
    package static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        self.append(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends `text` in quotes.
    package static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        self.appendInside(text, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends what goes between the quotes.
    package static func appendInside(_ text: String, to bytes: inout [UInt8]) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": bytes.append(contentsOf: #"\""#.utf8)
            case "\\": bytes.append(contentsOf: #"\\"#.utf8)
            case "\n": bytes.append(contentsOf: #"\n"#.utf8)
            case "\r": bytes.append(contentsOf: #"\r"#.utf8)
            case "\t": bytes.append(contentsOf: #"\t"#.utf8)
            case _ where self.mustBeEscaped(scalar):
                bytes.append(contentsOf: #"\u"#.utf8)
                bytes.append(contentsOf: scalar.value.padded(to: 4, radix: 16).utf8)
            default: bytes.append(contentsOf: scalar.utf8)
            }
        }
    }

    /// Quotes, backslashes, C0, DEL, C1, and Unicode's line and paragraph separators.
    package static func mustBeEscaped(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x22, 0x5C, 0x7F...0x9F, 0x2028, 0x2029: true
        default: false
        }
    }
}
