import Crypto
import Testing

@Suite struct HMACKeyTests {
    /// RFC 4231 section 4; test case 5 shows a code of which only 16 bytes are given.
    @Test(arguments: [
        (
            key: [UInt8](repeating: 0x0B, count: 20), data: Array("Hi There".utf8),
            code: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xAA, count: 20), [UInt8](repeating: 0xDD, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            Array(0x01...0x19), [UInt8](repeating: 0xCD, count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            [UInt8](repeating: 0x0C, count: 20), Array("Test With Truncation".utf8),
            "a3b6167473100ee06e0c796c2955552b"
        ),
        (
            [UInt8](repeating: 0xAA, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            [UInt8](repeating: 0xAA, count: 131),
            Array(
                """
                This is a test using a larger than block-size key and a larger than block-size data. The key needs to be \
                hashed before being used by the HMAC algorithm.
                """.utf8
            ),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ])
    func `signatures are those of RFC 4231`(key: [UInt8], data: [UInt8], code: String) {
        #expect(hexadecimal(HMACKey(key).signature(of: data.span)).hasPrefix(code))
    }

    @Test func `an empty key and nothing to sign have a signature too`() {
        let signature = HMACKey([]).signature(of: [UInt8]().span)
        #expect(hexadecimal(signature) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }

    @Test func `only the whole signature of these very bytes is one`() {
        let key = HMACKey(Array("a secret of sixteen".utf8))
        let bytes = Array("close alice".utf8)
        let signature = key.signature(of: bytes.span)
        #expect(signature.count == HMACKey.signatureBytes)
        #expect(key.isSignature(signature.span, of: bytes.span) == true)
        for index in signature.indices {
            var wrong = signature
            wrong[index] ^= 1
            #expect(key.isSignature(wrong.span, of: bytes.span) == false)
        }
        let cut = Array(signature.dropLast())
        #expect(key.isSignature(cut.span, of: bytes.span) == false)
        #expect(key.isSignature([UInt8]().span, of: bytes.span) == false)
        let other = Array("close alicf".utf8)
        #expect(key.isSignature(signature.span, of: other.span) == false)
        #expect(HMACKey(Array("another secret".utf8)).isSignature(signature.span, of: bytes.span) == false)
    }

    @Test func `a key derived for one purpose is neither the key nor one for another purpose`() {
        let key = HMACKey(Array("a secret of sixteen".utf8))
        let bytes = Array("x".utf8)
        let keys = [key, key.derived(for: "this"), key.derived(for: "that"), key.derived(for: "")]
        #expect(Set(keys.map { $0.signature(of: bytes.span) }).count == keys.count)
        let again = key.derived(for: "this").signature(of: bytes.span)
        #expect(again == keys[1].signature(of: bytes.span))
    }

    @Test func `no way to make text of a key shows it`() {
        let key = HMACKey(Array("hush-hush".utf8))
        var dumped = ""
        dump(["key": key], to: &dumped)
        let texts = ["\(key)", String(reflecting: key), "\([key])", "\(Optional(key) as Any)", dumped]
        for text in texts {
            #expect(text.contains("<redacted>"))
            #expect(!text.contains("hush") && !text.contains("104"))
        }
    }
}

private func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}
