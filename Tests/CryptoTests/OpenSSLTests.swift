import Crypto
import Testing

private func hexadecimal(_ digest: InlineArray<20, UInt8>) -> String {
    digest.indices.map { index in
        let text = String(digest[index], radix: 16)
        return text.utf8.count == 1 ? "0" + text : text
    }.joined()
}

@Suite struct OpenSSLTests {
    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ),
        (String(repeating: "a", count: 1_000_000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
    ]) func `SHA-1 gives the digests of FIPS 180`(text: String, digest: String) {
        let bytes = Array(text.utf8)
        #expect(hexadecimal(sha1(bytes.span)) == digest)
    }

    @Test func `random bytes have the length asked for and do not repeat`() {
        #expect(randomBytes(0) == [])
        #expect(randomBytes(16).count == 16)
        #expect(Set((0..<64).map { _ in randomBytes(16) }).count == 64)
        #expect(randomBytes((1 << 20) + 7).suffix(64).contains { $0 != 0 })
    }

    @Test func `a token is its random bytes in base64url`() {
        #expect(base64URL([0xFB, 0xEF, 0xFF, 0x00]) == "--__AA")
        #expect(randomToken(bytes: 16).utf8.count == 22)
        #expect(randomToken(bytes: 16) != randomToken(bytes: 16))
    }

    @Test(arguments: [
        ("", "", true), ("a", "a", true), ("a", "b", false), ("a", "ab", false), ("secret", "secreT", false),
    ])
    func `constant-time comparison compares`(one: String, other: String, equal: Bool) {
        let (one, other) = (Array(one.utf8), Array(other.utf8))
        #expect(constantTimeEqual(one.span, other.span) == equal)
    }
}
