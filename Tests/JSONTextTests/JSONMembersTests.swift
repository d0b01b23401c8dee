import Testing

@testable import JSONText

private func members(_ text: String) throws(JSONError) -> [String] {
    let bytes = Array(text.utf8)
    var members = try JSONMembers(of: bytes.span)
    var found: [String] = []
    while let member = try members.next(in: bytes.span) {
        let value = String(decoding: bytes[member.value.range], as: UTF8.self)
        found.append("\(member.key.string(in: bytes.span) ?? "?")=\(value)")
    }
    #expect(try members.next(in: bytes.span) == nil)
    return found
}

@Suite("JSONMembers")
struct JSONMembersTests {
    @Test func `members come in their order with the bytes of their values`() throws {
        let text = #" { "type" : "publish", "id":7,"room":"chat.lobby" , "data": {"text" : "h\"i"} } "#
        #expect(
            try members(text) == [
                #"type="publish""#, "id=7", #"room="chat.lobby""#, #"data={"text" : "h\"i"}"#,
            ]
        )
        #expect(try members("{}") == [])
        #expect(try members(#"{"a":1,"a":2}"#) == ["a=1", "a=2"])
    }

    @Test(
        arguments: [
            ("[1]", .notAnObject), ("7", .notAnObject), ("\"a\"", .notAnObject), ("", .unexpectedEnd),
            ("[1", .unexpectedEnd), (#"{"a":1} x"#, .trailingBytes), (#"{"a":1,}"#, .unexpectedByte(0x7D)),
            (#"{,"a":1}"#, .unexpectedByte(0x2C)), (#"{"a":1 "b":2}"#, .unexpectedByte(0x22)),
            (#"{"a":1"#, .unexpectedEnd), (#"{"a":[1,{"b":}]}"#, .unexpectedByte(0x7D)),
        ] as [(String, JSONError.Fault)]
    )
    func `a text that is not one object is refused before its end`(_ text: String, _ fault: JSONError.Fault) {
        do throws(JSONError) {
            _ = try members(text)
            Issue.record("accepted")
        } catch {
            #expect(error.fault == fault)
        }
    }

    @Test func `the object itself counts as one level`() throws {
        let bytes = Array(#"{"a":[[1]]}"#.utf8)
        var allowed = try JSONMembers(of: bytes.span, maximumDepth: 3)
        #expect(try allowed.next(in: bytes.span) != nil)
        var refused = try JSONMembers(of: bytes.span, maximumDepth: 2)
        #expect(throws: JSONError(.tooDeep(limit: 2), at: 6)) { _ = try refused.next(in: bytes.span) }
    }

    @Test func `a nested object and a nested array can be visited`() throws {
        let bytes = Array(#"{"a":{"b":"c","d":[1,[2],"x"]}}"#.utf8)
        var outer = try JSONMembers(of: bytes.span)
        let a = try #require(try outer.next(in: bytes.span))
        var inner = try JSONMembers(of: a.value, in: bytes.span)
        let b = try #require(try inner.next(in: bytes.span))
        #expect(b.key.isString("b", in: bytes.span) == true)
        let d = try #require(try inner.next(in: bytes.span))
        var elements = try JSONElements(of: d.value, in: bytes.span)
        var kinds: [JSONValue.Kind] = []
        while let element = try elements.next(in: bytes.span) {
            kinds.append(element.kind)
        }
        #expect(kinds == [.number, .array, .string])
        #expect(try inner.next(in: bytes.span) == nil)
        #expect(try outer.next(in: bytes.span) == nil)
    }

    @Test(
        arguments: [
            (#"{"room":1}"#, true), (#"{"r\u006fom":1}"#, true), (#"{"\u0072\u006F\u006f\u006D":1}"#, true),
            (#"{"Room":1}"#, false), (#"{"room ":1}"#, false), (#"{"roo":1}"#, false), (#"{"roo\u212a":1}"#, false),
        ]
    )
    func `names are compared with their escapes undone, byte by byte`(_ text: String, _ isRoom: Bool) throws {
        let bytes = Array(text.utf8)
        var members = try JSONMembers(of: bytes.span)
        let member = try #require(try members.next(in: bytes.span))
        #expect(member.key.isString("room", in: bytes.span) == isRoom)
    }

    @Test func `names that only look alike are different`() throws {
        // KELVIN SIGN is canonically equivalent to K, and a Swift string would say they are equal.
        for text in [#"{"\u212A":1}"#, "{\"\u{212A}\":1}"] {
            let bytes = Array(text.utf8)
            var members = try JSONMembers(of: bytes.span)
            let member = try #require(try members.next(in: bytes.span))
            #expect(member.key.isString("K", in: bytes.span) == false)
            #expect(member.key.isString("\u{212A}", in: bytes.span) == true)
        }
    }
}

@Suite("JSONValue")
struct JSONValueTests {
    @Test(
        arguments: [
            (#""""#, ""), (#""a\nb""#, "a\nb"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
            (#""\u00e9\u0041\u2028""#, "éA\u{2028}"), (#""x\uD834\uDD1Ey""#, "x\u{1D11E}y"), (#""\uFFFF""#, "\u{FFFF}"),
            (#""\uDBFF\uDFFF""#, "\u{10FFFF}"), ("\"é\u{1D11E}\"", "é\u{1D11E}"), (#""\u0000""#, "\u{0}"),
        ]
    )
    func `a string is handed out with its escapes undone`(_ text: String, _ expected: String) throws {
        let bytes = Array(text.utf8)
        let value = try JSONScanner.scan(bytes.span)
        #expect(value.string(in: bytes.span) == expected)
        var appended = Array("<".utf8)
        value.appendString(in: bytes.span, to: &appended)
        #expect(appended == Array("<".utf8) + Array(expected.utf8))
        #expect(value.isString(expected, in: bytes.span) == true)
        #expect(value.isString(expected + "x", in: bytes.span) == false)
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("7", 7), ("-12", -12), ("9223372036854775807", .max), ("9223372036854775808", nil),
            ("-9223372036854775808", .min), ("1.0", nil), ("1e2", nil), ("99999999999999999999", nil), ("true", nil),
        ] as [(String, Int64?)]
    )
    func `an integer is one that is written so and fits`(_ text: String, _ expected: Int64?) throws {
        let bytes = Array(text.utf8)
        #expect(try JSONScanner.scan(bytes.span).integer(in: bytes.span) == expected)
    }

    @Test(arguments: [("1.5", 1.5), ("-2e3", -2_000), ("1e999", nil), ("\"1\"", nil)] as [(String, Double?)])
    func `a number is as near as a double gets`(_ text: String, _ expected: Double?) throws {
        let bytes = Array(text.utf8)
        #expect(try JSONScanner.scan(bytes.span).double(in: bytes.span) == expected)
    }
}
