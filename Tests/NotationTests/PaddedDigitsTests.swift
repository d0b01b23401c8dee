import Testing

@testable import Notation

@Suite struct PaddedDigitsTests {
    @Test func `digits get zeros in front, and are never cut`() {
        #expect(7.padded(to: 2) == "07")
        #expect(0.padded(to: 3) == "000")
        #expect(1234.padded(to: 2) == "1234")
        #expect(UInt8(0x0A).padded(to: 2, radix: 16) == "0a")
        #expect(UInt64.max.padded(to: 16, radix: 16) == "ffffffffffffffff")
        #expect(UInt64(1).padded(to: 16, radix: 16) == "0000000000000001")
    }
}
