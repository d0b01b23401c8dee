/// Finds the bytes that must be escaped in a JSON string, eight at a time.
enum PlainText {
    /// The index of the first `"`, `\` or control character from `start` on, or the end.
    @inline(__always)
    static func end(in text: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index &+ 8 <= text.count {
            let word = Self.word(text.extracting(index..<(index &+ 8)))
            let special = Self.specials(word)
            if special != 0 {
                return index &+ special.trailingZeroBitCount / 8
            }
            index &+= 8
        }
        while index < text.count, !Self.isSpecial(text[index]) {
            index &+= 1
        }
        return index
    }

    @inline(__always)
    static func isSpecial(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// Eight bytes, the first one lowest; the optimiser turns it into a single load.
    @inline(__always)
    private static func word(_ bytes: Span<UInt8>) -> UInt64 {
        let low =
            UInt64(bytes[0]) | UInt64(bytes[1]) << 8 | UInt64(bytes[2]) << 16 | UInt64(bytes[3]) << 24
        let high =
            UInt64(bytes[4]) | UInt64(bytes[5]) << 8 | UInt64(bytes[6]) << 16 | UInt64(bytes[7]) << 24
        return low | high << 32
    }

    /// Sets the highest bit of each special byte.
    ///
    /// Above the lowest one, bits may be set wrongly because of borrows.
    @inline(__always)
    private static func specials(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs = ones &* 0x80
        let control = word &- ones &* 0x20
        let quote = (word ^ ones &* 0x22) &- ones
        let backslash = (word ^ ones &* 0x5C) &- ones
        return ((control & ~word) | (quote & ~(word ^ ones &* 0x22)) | (backslash & ~(word ^ ones &* 0x5C))) & highs
    }
}
