import Foundation
import Testing

@testable import Notation

@Suite struct QuotedTextTests {
    @Test(arguments: [
        ("", #""""#), ("plain é 𝄞", #""plain é 𝄞""#), (#"a"b\c"#, #""a\"b\\c""#), ("a\nb\rc\td", #""a\nb\rc\td""#),
        ("\u{0}\u{1B}[2J", #""\u0000\u001b[2J""#), ("\u{7F}\u{85}\u{9F}", #""\u007f\u0085\u009f""#),
        ("\u{2028}\u{2029}", #""\u2028\u2029""#), ("\u{A0}\u{2027}", "\"\u{A0}\u{2027}\""),
    ])
    func `what could end the line or steer a terminal is escaped`(text: String, quoted: String) {
        #expect(QuotedText.quoted(text) == quoted)
    }

    @Test func `JSON reads back what was written`() throws {
        let text = String(String.UnicodeScalarView((0..<0x2100).compactMap { Unicode.Scalar($0) }))
        let read = try JSONDecoder().decode(String.self, from: Data(QuotedText.quoted(text).utf8))
        #expect(read == text)
    }
}
