import HTTP
import HTTPServer
import JSONText
import Messaging
import Notation

/// What the body of a request is as the payload of a message, going by its `Content-Type`.
///
/// JSON must be valid and text must be UTF-8; anything else is binary. Without a type, UTF-8 is text of no declared
/// type, which native clients get as JSON if it is a JSON object or array. So is what curl sends by itself, a form.
enum DeclaredPayload {
    /// - Parameter contentType: The field, if there is one.
    static func kind(
        of body: [UInt8],
        _ contentType: String?,
        maximumJSONDepth: Int
    ) throws(HTTPProblem) -> PayloadKind {
        guard let contentType else { return Self.isText(body) ? .text : .binary }
        let parts = contentType.split(separator: ";", omittingEmptySubsequences: false).map(\.withoutBlanks)
        let names = parts[0].lowercased().split(separator: "/", omittingEmptySubsequences: false)
        guard names.count == 2, names.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isToken) }) else {
            throw HTTPProblem(
                .badRequest,
                "Content-Type is \(QuotedText.quoted(contentType.shortened)), but must be a media type such as "
                    + "application/json or text/plain"
            )
        }
        switch (names[0], names[1]) {
        case ("application", "x-www-form-urlencoded"):
            return Self.isText(body) ? .text : .binary
        case (_, let name) where name.hasSuffix("+json") || (names[0] == "application" && name == "json"):
            try Self.checkJSON(body, maximumJSONDepth)
            return .json
        case ("text", _):
            try Self.checkText(body, parts.dropFirst())
            return .text
        default:
            return .binary
        }
    }

    private static func checkJSON(_ body: [UInt8], _ maximumDepth: Int) throws(HTTPProblem) {
        do throws(JSONError) {
            _ = try JSONScanner.scan(body.span, maximumDepth: maximumDepth)
        } catch {
            throw HTTPProblem(.badRequest, "the body is declared as JSON, but is none: \(error)")
        }
    }

    private static func checkText(_ body: [UInt8], _ parameters: ArraySlice<String>) throws(HTTPProblem) {
        for parameter in parameters {
            let pair = parameter.lowercased().split(separator: "=", maxSplits: 1).map(\.withoutBlanks)
            guard pair.count == 2, pair[0] == "charset" else { continue }
            let charset = pair[1].filter { $0 != "\"" }
            guard ["utf-8", "utf8", "us-ascii"].contains(charset) else {
                let detail = "the charset is \(QuotedText.quoted(charset.shortened)), but text must be UTF-8"
                throw HTTPProblem(.unsupportedMediaType, detail)
            }
        }
        guard Self.isText(body) else {
            throw HTTPProblem(.badRequest, "the body is declared as text, but is not UTF-8")
        }
    }

    private static func isText(_ body: [UInt8]) -> Bool {
        (try? UTF8Span(validating: body.span)) != nil
    }

    /// A character of a token (RFC 9110 section 5.6.2).
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
