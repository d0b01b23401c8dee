/// Texts of an operator's making, made fit for one line.
package enum ShownText {
    private static let longest = 120

    /// In double quotes, control characters escaped, cut after 120 characters.
    package static func quoted(_ text: String) -> String {
        if text == Secret.redacted {
            return text
        }
        let isLong = text.unicodeScalars.count > Self.longest
        return Self.doubleQuoted(String(text.unicodeScalars.prefix(Self.longest)) + (isLong ? "…" : ""))
    }

    /// All of it in double quotes, as YAML and JSON read them.
    static func doubleQuoted(_ text: String) -> String {
        var shown = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": shown += "\\\(scalar)"
            case "\n": shown += "\\n"
            case "\t": shown += "\\t"
            case "\r": shown += "\\r"
            default:
                let category = scalar.properties.generalCategory
                let breaksLines = [.control, .lineSeparator, .paragraphSeparator].contains(category)
                shown += breaksLines ? Self.escaped(scalar) : String(scalar)
            }
        }
        return shown + "\""
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: max(4 - digits.count, 0)) + digits
    }

    /// `a`, `a or b`, `a, b or c`.
    package static func alternatives(_ texts: [String]) -> String {
        guard let last = texts.last, texts.count > 1 else { return texts.first ?? "" }
        return texts.dropLast().joined(separator: ", ") + " or " + last
    }
}
