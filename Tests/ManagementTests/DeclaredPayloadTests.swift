import HTTP
import Messaging
import Testing

@testable import HTTPServer
@testable import Management

@Suite struct DeclaredPayloadTests {
    private func kind(_ body: [UInt8], _ type: String?) throws(HTTPProblem) -> PayloadKind {
        try DeclaredPayload.kind(of: body, type, maximumJSONDepth: 4)
    }

    @Test(arguments: [
        ("application/json", #"{"a":1}"#, PayloadKind.json),
        ("Application/JSON ; charset=utf-8", " 17 ", .json),
        ("application/problem+json", "[]", .json),
        ("image/svg+json", #""\ud800""#, .json),
        ("text/plain", "hi", .text),
        ("text/html; charset=\"UTF-8\"", "<p>é</p>", .text),
        ("text/plain;charset=us-ascii", "", .text),
        ("application/octet-stream", #"{"a":1}"#, .binary),
        ("image/png", "x", .binary),
        ("application/xml", "<a/>", .binary),
        ("application/x-www-form-urlencoded", #"{"a":1}"#, .text),
    ])
    func `a declared type is kept`(type: String, body: String, expected: PayloadKind) throws {
        #expect(try self.kind(Array(body.utf8), type) == expected)
    }

    @Test func `without a type UTF-8 is text, and anything else is binary`() throws {
        #expect(try self.kind(Array(#"{"a":1}"#.utf8), nil) == .text)
        #expect(try self.kind([], nil) == .text)
        #expect(try self.kind([0xFF, 0x00], nil) == .binary)
        #expect(try self.kind([0xFF, 0x00], "application/x-www-form-urlencoded") == .binary)
    }

    @Test(arguments: [
        ("application/json", "", 400, "the body is declared as JSON, but is none: the JSON ends early, at byte 0"),
        (
            "application/json", "{a:1}", 400,
            "the body is declared as JSON, but is none: byte 1, 0x61, is not allowed there in JSON"
        ),
        (
            "application/json", "[[[[[]]]]]", 400,
            "the body is declared as JSON, but is none: at byte 4 the JSON is nested more than 4 deep"
        ),
        ("text/plain; charset=iso-8859-1", "a", 415, #"the charset is "iso-8859-1", but text must be UTF-8"#),
        ("json", "1", 400, #"Content-Type is "json", but must be a media type such as application/json or text/plain"#),
        ("", "1", 400, #"Content-Type is "", but must be a media type such as application/json or text/plain"#),
        (
            "text/ plain", "1", 400,
            #"Content-Type is "text/ plain", but must be a media type such as application/json or text/plain"#
        ),
        (
            "a/b/c", "1", 400,
            #"Content-Type is "a/b/c", but must be a media type such as application/json or text/plain"#
        ),
    ])
    func `what is not as declared is refused`(type: String, body: String, status: UInt16, detail: String) {
        let problem = #expect(throws: HTTPProblem.self) { try self.kind(Array(body.utf8), type) }
        #expect(problem?.status.code == status)
        #expect(problem?.detail == detail)
    }

    @Test func `text that is not UTF-8 is refused`() {
        let problem = #expect(throws: HTTPProblem.self) { try self.kind([0x61, 0xC3], "text/plain") }
        #expect(problem?.detail == "the body is declared as text, but is not UTF-8")
    }
}
