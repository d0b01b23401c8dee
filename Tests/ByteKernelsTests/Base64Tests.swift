import ByteKernels
import TestKit
import Testing

@Suite struct Base64Tests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]) func `the vectors of RFC 4648 section 10`(plain: String, text: String) {
        let (plain, encoded) = (Array(plain.utf8), Array(text.utf8))
        #expect(Base64.standard.encode(plain.span) == text)
        #expect(Base64.standard.decode(encoded.span) == plain)
        #expect(Base64.standard.encodedCount(of: plain.count) == encoded.count)
        let url = text.filter { $0 != "=" }
        #expect(Base64.url.encode(plain.span) == url)
        #expect(Base64.url.decode(Array(url.utf8).span) == plain)
        #expect(Base64.url.encodedCount(of: plain.count) == url.utf8.count)
    }

    @Test func `the alphabets differ in two characters`() {
        let bytes: [UInt8] = [0xFB, 0xEF, 0xFF]
        #expect(Base64.standard.encode(bytes.span) == "++//")
        #expect(Base64.url.encode(bytes.span) == "--__")
        #expect(Base64.standard.decode(Array("--__".utf8).span) == nil)
        #expect(Base64.url.decode(Array("++//".utf8).span) == nil)
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "=", "====", "Zg==Zg==", "Zm 9", "Zm9v\n", "Z===", "Zm8=Zm8=",
        "é===",
    ]) func `standard base64 has one text a value`(text: String) {
        #expect(Base64.standard.decode(Array(text.utf8).span) == nil)
    }

    @Test(arguments: ["A", "Zh", "Zm9", "Zg==", "Zm8=", "Zm9vA", "Zm9.v"]) func `so has base64url`(text: String) {
        #expect(Base64.url.decode(Array(text.utf8).span) == nil)
    }

    @Test func `what is encoded is decoded again, whatever its length`() {
        var random = SeededGenerator()
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            for form in [Base64.standard, .url] {
                let text = Array(form.encode(bytes.span).utf8)
                #expect(text.count == form.encodedCount(of: count))
                #expect(form.decode(text.span) == bytes)
            }
        }
    }
}
