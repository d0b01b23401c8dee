import ByteKernels
import TestKit
import Testing

/// Byte by byte, as RFC 6455 section 5.3 says it.
private func naivelyMasked(_ bytes: [UInt8], key: [UInt8], offset: Int) -> [UInt8] {
    bytes.enumerated().map { index, byte in byte ^ key[(index + offset) % 4] }
}

private func nativeKey(_ bytes: [UInt8]) -> UInt32 {
    UInt32(littleEndian: bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) })
}

@Suite struct UnmaskTests {
    @Test func `the example of RFC 6455 section 5-7 unmasks to Hello`() {
        var bytes: [UInt8] = [0x7f, 0x9f, 0x4d, 0x51, 0x58]
        var span = bytes.mutableSpan
        unmask(&span, in: 0..<5, key: nativeKey([0x37, 0xfa, 0x21, 0x3d]), offset: 0)
        #expect(bytes == Array("Hello".utf8))
    }

    @Test func `every length, alignment and payload offset agrees with the naive loop`() {
        let key: [UInt8] = [0x01, 0x80, 0xff, 0x5a]
        let source = (0..<96).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
        for start in 0..<9 {
            for length in 0...(80) {
                for offset in 0..<5 {
                    var bytes = source
                    do {
                        var span = bytes.mutableSpan
                        unmask(&span, in: start..<(start + length), key: nativeKey(key), offset: offset)
                    }
                    let expected =
                        Array(source[..<start])
                        + naivelyMasked(Array(source[start..<(start + length)]), key: key, offset: offset)
                        + Array(source[(start + length)...])
                    if bytes != expected { Issue.record("start \(start), length \(length), offset \(offset)") }
                }
            }
        }
    }

    @Test func `a payload unmasked in pieces equals the payload unmasked whole`() {
        var random = SeededGenerator()
        for _ in 0..<200 {
            let source = (0..<Int.random(in: 0...300, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let key = (0..<4).map { _ in UInt8.random(in: 0...255, using: &random) }
            var bytes = source
            var position = 0
            while position < bytes.count {
                let end = min(bytes.count, position + Int.random(in: 1...40, using: &random))
                var span = bytes.mutableSpan
                unmask(&span, in: position..<end, key: nativeKey(key), offset: position)
                position = end
            }
            #expect(bytes == naivelyMasked(source, key: key, offset: 0))
        }
    }

    @Test func `a span is appended to arrays and output spans whole`() {
        let source: [UInt8] = [1, 2, 3, 4, 5]
        var array: [UInt8] = [9]
        array.append(copying: source.span.extracting(1..<4))
        #expect(array == [9, 2, 3, 4])
        #expect([UInt8](copying: source.span.extracting(0..<0)) == [])
        let written = [UInt8](capacity: 7) { output in
            output.append(8)
            output.append(copying: source.span)
            output.append(copying: source.span.extracting(0..<0))
            output.append(7)
        }
        #expect(written == [8, 1, 2, 3, 4, 5, 7])
    }
}
