import Foundation
import TestKit
import Testing

@testable import JSONText

private func written(_ write: (inout JSONWriter) -> Void) -> String {
    var bytes: [UInt8] = []
    JSONWriter.append(to: &bytes, write)
    return String(decoding: bytes, as: UTF8.self)
}

@Suite("JSONWriter")
struct JSONWriterTests {
    @Test func `commas stand between and nowhere else`() {
        let text = written { json in
            json.object { json in
                json.member("a", 1)
                json.key("b")
                json.array { json in
                    json.value("x")
                    json.object { _ in }
                    json.array { _ in }
                    json.null()
                    json.value(true)
                }
                json.member("c", raw: Array(#"{"d": 1}"#.utf8).span)
                json.member("e", false)
            }
        }
        #expect(text == #"{"a":1,"b":["x",{},[],null,true],"c":{"d": 1},"e":false}"#)
    }

    @Test func `it appends to what is there`() {
        var bytes = Array("data: ".utf8)
        JSONWriter.append(to: &bytes) { $0.value("x") }
        #expect(String(decoding: bytes, as: UTF8.self) == #"data: "x""#)
    }

    @Test(
        arguments: [
            ("", #""""#), ("plain é", "\"plain é\""), ("\"\\/", #""\"\\/""#),
            ("\u{8}\t\n\u{C}\r", #""\b\t\n\f\r""#), ("\u{0}\u{1F}\u{7F}", "\"\\u0000\\u001f\u{7F}\""),
        ]
    )
    func `what must be escaped is, and nothing else`(_ text: String, _ expected: String) {
        #expect(written { $0.value(text) } == expected)
    }

    @Test(
        arguments: [
            (Int64.min, "-9223372036854775808"), (0, "0"), (-1, "-1"), (1_234_567_890, "1234567890"),
            (.max, "9223372036854775807"),
        ]
    )
    func `integers are written in full`(_ number: Int64, _ expected: String) {
        #expect(written { $0.value(number) } == expected)
        #expect(written { $0.value(UInt64.max) } == "18446744073709551615")
        #expect(written { $0.value(-128) } == "-128")
    }

    @Test func `a double is written as JSON has it`() {
        #expect(written { $0.value(1.5) } == "1.5")
        #expect(written { $0.value(Double.infinity) } == "null")
        #expect(written { $0.value(Double.nan) } == "null")
        for number in [1e300, .leastNonzeroMagnitude, -0.0, 123_456_789.125] {
            let bytes = Array(written { $0.value(number) }.utf8)
            #expect(throws: Never.self) { _ = try JSONScanner.scan(bytes.span) }
        }
    }

    @Test func `bytes that are no text are repaired`() {
        #expect(written { $0.value(text: [0x61, 0xFF, 0x62].span) } == "\"a\u{FFFD}b\"")
    }

    @Test func `whatever text is written is read back the same`() throws {
        var random = SeededGenerator()
        for _ in 0..<1_000 {
            let scalars = (0..<Int.random(in: 0..<20, using: &random)).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0...(Bool.random(using: &random) ? 0x7F : 0x10FFFF), using: &random))
            }
            var text = ""
            text.unicodeScalars.append(contentsOf: scalars)
            let bytes = Array(written { $0.value(text) }.utf8)
            let value = try JSONScanner.scan(bytes.span)
            #expect(value.string(in: bytes.span)?.unicodeScalars.elementsEqual(scalars) == true)
        }
    }
}

@Suite("PlainText")
struct PlainTextTests {
    @Test func `the first byte that needs an escape is found wherever it stands`() {
        var random = SeededGenerator()
        for byte in UInt8.min...UInt8.max {
            for _ in 0..<20 {
                var bytes = (0..<Int.random(in: 1..<40, using: &random)).map { _ in
                    UInt8.random(in: 0x23...0x5B, using: &random)
                }
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = byte
                }
                let start = Int.random(in: 0...bytes.count, using: &random)
                let expected = bytes[start...].firstIndex { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C } ?? bytes.count
                #expect(PlainText.end(in: bytes.span, from: start) == expected)
            }
        }
    }
}
