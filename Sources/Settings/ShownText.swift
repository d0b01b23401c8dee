import Notation

/// Texts written by an operator, made safe to show on one line.
package enum ShownText {
    private static let longest = 120

    /// In double quotes, control characters escaped, cut after 120 characters.
    package static func quoted(_ text: String) -> String {
        if text == Secret.redacted {
            return text
        }
        let isLong = text.unicodeScalars.count > Self.longest
        return QuotedText.quoted(String(text.unicodeScalars.prefix(Self.longest)) + (isLong ? "…" : ""))
    }

    /// `a`, `a or b`, `a, b or c`.
    package static func alternatives(_ texts: [String]) -> String {
        guard let last = texts.last, texts.count > 1 else { return texts.first ?? "" }
        return texts.dropLast().joined(separator: ", ") + " or " + last
    }
}
