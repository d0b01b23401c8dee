import Foundation
import TestKit
import Testing

@testable import JSONText

private func scan(_ text: String, maximumDepth: Int = 64) -> Result<JSONValue.Kind, JSONError> {
    scan(Array(text.utf8), maximumDepth: maximumDepth)
}

private func scan(_ bytes: [UInt8], maximumDepth: Int = 64) -> Result<JSONValue.Kind, JSONError> {
    do throws(JSONError) {
        return .success(try JSONScanner.scan(bytes.span, maximumDepth: maximumDepth).kind)
    } catch {
        return .failure(error)
    }
}

@Suite("JSONScanner")
struct JSONScannerTests {
    @Test(
        arguments: [
            // RFC 8259 sections 3, 6, 7 and 13.
            ("{}", .object), ("[]", .array), ("\"\"", .string), ("0", .number), ("true", .true), ("false", .false),
            ("null", .null), (" \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } }\n", .object), ("-0", .number),
            ("-0.0e-0", .number), ("1E+400", .number), ("12.5", .number), ("10", .number), ("1e5", .number),
            (#""\uD834\uDD1E""#, .string), (#""\"\\\/\b\f\n\r\t\u0000""#, .string), ("\"\u{7F}\"", .string),
            ("\"é\u{1D11E}\u{2028}\"", .string), ("[[[[1]]]]", .array), (#"{"a":{"b":[{"c":null}]}}"#, .object),
            (
                #"{"Image":{"Width":800,"Title":"View from 15th Floor","Animated":false,"IDs":[116,943,234,38793]}}"#,
                .object
            ),
            (#"{"":0,"":1}"#, .object),
        ] as [(String, JSONValue.Kind)]
    )
    func `what the grammar allows is accepted`(_ text: String, _ kind: JSONValue.Kind) {
        #expect(scan(text) == .success(kind))
    }

    @Test(
        arguments: [
            ("", .unexpectedEnd, 0), (" ", .unexpectedEnd, 1), ("{", .unexpectedEnd, 1), ("[1", .unexpectedEnd, 2),
            ("[1,]", .unexpectedByte(0x5D), 3), ("{,}", .unexpectedByte(0x2C), 1), ("[,1]", .unexpectedByte(0x2C), 1),
            (#"{"a"}"#, .unexpectedByte(0x7D), 4), (#"{"a":}"#, .unexpectedByte(0x7D), 5),
            (#"{"a":1,}"#, .unexpectedByte(0x7D), 7), ("{1:2}", .unexpectedByte(0x31), 1),
            ("[1}", .unexpectedByte(0x7D), 2), (#"{"a":1]"#, .unexpectedByte(0x5D), 6), ("1 2", .trailingBytes, 2),
            ("{}}", .trailingBytes, 2), ("01", .malformedNumber, 0), ("-", .malformedNumber, 0),
            ("1.", .malformedNumber, 0), ("1e", .malformedNumber, 0), ("1e+", .malformedNumber, 0),
            (".5", .unexpectedByte(0x2E), 0), ("+1", .unexpectedByte(0x2B), 0), ("-01", .malformedNumber, 0),
            ("[-]", .malformedNumber, 1), ("1.e1", .malformedNumber, 0), ("NaN", .unexpectedByte(0x4E), 0),
            ("nul", .unexpectedEnd, 3), ("nuLl", .unexpectedByte(0x4C), 2), ("True", .unexpectedByte(0x54), 0),
            ("truex", .trailingBytes, 4), ("\"", .unexpectedEnd, 1), ("\"a", .unexpectedEnd, 2),
            ("\"\n\"", .controlCharacter(0x0A), 1), ("\"\u{0}\"", .controlCharacter(0), 1),
            (#""\x""#, .malformedEscape, 1), (#""\u12""#, .malformedEscape, 1), (#""\u12G4""#, .malformedEscape, 1),
            (#""\"#, .unexpectedEnd, 2), ("'a'", .unexpectedByte(0x27), 0),
            ("\u{FEFF}1", .unexpectedByte(0xEF), 0), ("[1 2]", .unexpectedByte(0x32), 3),
            ("/**/1", .unexpectedByte(0x2F), 0),
            ("\u{A0}1", .unexpectedByte(0xC2), 0), (#"["a":1]"#, .unexpectedByte(0x3A), 4),
        ] as [(String, JSONError.Fault, Int)]
    )
    func `what the grammar does not allow is refused where it stands`(
        _ text: String,
        _ fault: JSONError.Fault,
        _ offset: Int
    ) {
        #expect(scan(text) == .failure(JSONError(fault, at: offset)))
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xC0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
        ] as [[UInt8]]
    )
    func `a string that is no UTF-8 is refused`(_ bytes: [UInt8]) {
        guard case .failure(let error) = scan(bytes) else {
            Issue.record("accepted")
            return
        }
        #expect(error.fault == .malformedUTF8)
        #expect(error.offset == 1)
    }

    @Test(
        arguments: [
            (#""\ud83d""#, "\u{FFFD}"), (#""\uDC00""#, "\u{FFFD}"), (#""\uD800\uD800""#, "\u{FFFD}\u{FFFD}"),
            (#""\uD800x""#, "\u{FFFD}x"), (#""a\uD800\n""#, "a\u{FFFD}\n"), (#""\uD800\u0041""#, "\u{FFFD}A"),
            (#""\uDE00\uD83D""#, "\u{FFFD}\u{FFFD}"), (#""\uD800\uD83D\uDE00""#, "\u{FFFD}😀"),
        ]
    )
    func `half of a surrogate pair is JSON, and U+FFFD where it has to be text`(_ json: String, _ text: String) throws {
        let bytes = Array(json.utf8)
        let value = try JSONScanner.scan(bytes.span)
        #expect(value.kind == .string && value.range == 0..<bytes.count)
        var unescaped: [UInt8] = []
        let isText = value.appendString(in: bytes.span, to: &unescaped)
        #expect(!isText && String(decoding: unescaped, as: UTF8.self) == text)
        let string = value.string(in: bytes.span)
        #expect(string == nil, "where a text is needed, it is none")
        let isSame = value.isString(text, in: bytes.span)
        #expect(!isSame)
    }

    @Test(arguments: [1, 2, 64, 127, 128])
    func `containers are counted to the limit and not beyond`(_ limit: Int) {
        let fits = String(repeating: "[", count: limit) + String(repeating: "]", count: limit)
        #expect(scan(fits, maximumDepth: limit) == .success(.array))
        #expect(
            scan("[" + fits + "]", maximumDepth: limit) == .failure(JSONError(.tooDeep(limit: limit), at: limit))
        )
        let objects = String(repeating: #"{"a":"#, count: limit) + "1" + String(repeating: "}", count: limit)
        #expect(scan(objects, maximumDepth: limit) == .success(.object))
    }

    @Test func `a hostile depth costs neither stack nor time`() {
        let text = String(repeating: "[", count: 1_000_000)
        #expect(scan(text, maximumDepth: .max) == .failure(JSONError(.tooDeep(limit: 128), at: 128)))
        #expect(scan("[]", maximumDepth: 0) == .failure(JSONError(.tooDeep(limit: 0), at: 0)))
    }

    @Test func `depth is given back by each closing bracket`() {
        #expect(scan(#"[{"a":[]},{"a":[]},[{}],[[]]]"#, maximumDepth: 3) == .success(.array))
    }

    /// Foundation's parser is the other opinion; the first byte stays, since it would guess an encoding from it.
    @Test func `mutated texts are accepted exactly where Foundation accepts them`() throws {
        var random = SeededGenerator()
        let texts = [
            #"{"type":"publish","id":7,"room":"chat.lobby","data":{"text":"hi \u00e9 \uD834\uDD1E","n":[1,-2.5e3,true,null]}}"#,
            #"[{"a":{"b":[[],{},""]}},"é\\\"",0.1,-0,1E9,false]"#,
        ].map { Array($0.utf8) }
        let alphabet = Array("{}[]\",:\\u0123456789abcdefDt-+.eE \n\u{1}é".utf8)
        var accepted = 0
        for _ in 0..<4_000 {
            var bytes = try #require(texts.randomElement(using: &random))
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: 1..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = try #require(alphabet.randomElement(using: &random))
                case 1: bytes.remove(at: index)
                default: bytes.insert(try #require(alphabet.randomElement(using: &random)), at: index)
                }
            }
            let theirs = (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
            switch scan(bytes) {
            case .success:
                accepted += 1
                // Foundation refuses half of a surrogate pair.
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(theirs || text.contains(/\\u[dD][89a-fA-F]/), "only we accept \(text)")
            case .failure(let error):
                // Foundation lets a comma stand before a closing bracket.
                let before = bytes[..<error.offset].last { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\n") }
                #expect(
                    !theirs || before == UInt8(ascii: ","),
                    "only they accept \(String(decoding: bytes, as: UTF8.self)); we say \(error)"
                )
            }
        }
        #expect(accepted > 100)
    }

    @Test func `random bytes and cuts never trap`() throws {
        var random = SeededGenerator()
        let text = Array(#"{"a\u00e9":[1.5e-3,"\uD834\uDD1E",{"b":true}],"c":null}"#.utf8)
        for end in 0..<text.count {
            guard case .failure = scan(Array(text[..<end])) else {
                Issue.record("the first \(end) bytes were accepted")
                continue
            }
        }
        for _ in 0..<4_000 {
            let count = Int.random(in: 0..<40, using: &random)
            _ = scan((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
    }
}
