import Testing

@testable import Notation

@Suite struct BlanksTests {
    @Test(arguments: [("", ""), (" \t", ""), ("a", "a"), ("\t a b \t", "a b"), ("a\n ", "a\n"), ("\u{A0}a", "\u{A0}a")])
    func `spaces and tabs at the ends go, and nothing else`(text: String, rest: String) {
        #expect(text.withoutBlanks == rest)
        #expect(text.dropFirst(0).withoutBlanks == rest)
    }
}
