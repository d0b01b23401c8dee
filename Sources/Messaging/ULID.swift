/// 128 bits that sort by time: 48 bits of milliseconds since 1970, and 80 that make it unique.
///
/// Written as 26 characters of Crockford's base 32, as in the ULID specification.
package struct ULID: Hashable, Comparable, Sendable {
    package static let characters = 26

    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package static func < (left: ULID, right: ULID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    /// Reads 26 characters, in either case; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == Self.characters else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for (index, byte) in text.utf8.enumerated() {
            guard let digit = Self.digit(byte), index > 0 || digit < 8 else { return nil }
            high = high << 5 | low >> 59
            low = low << 5 | UInt64(digit)
        }
        self.init(high: high, low: low)
    }

    /// The 26 characters.
    package var text: String {
        var bytes: [UInt8] = []
        self.append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the 26 characters.
    package func append(to bytes: inout [UInt8]) {
        let alphabet = Self.alphabet
        // Thirteen digits of five bits above bit 64, one with that bit, and twelve below.
        let above = self.high >> 1
        let between = self.high << 4 | self.low >> 60
        bytes.append(addingCapacity: Self.characters) { output in
            for position in stride(from: 60, through: 0, by: -5) {
                output.append(alphabet[Int(above >> UInt64(position) & 31)])
            }
            output.append(alphabet[Int(between & 31)])
            for position in stride(from: 55, through: 0, by: -5) {
                output.append(alphabet[Int(self.low >> UInt64(position) & 31)])
            }
        }
    }

    /// Crockford's alphabet: no I, L, O or U.
    private static var alphabet: InlineArray<32, UInt8> {
        [
            0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46,
            0x47, 0x48, 0x4A, 0x4B, 0x4D, 0x4E, 0x50, 0x51, 0x52, 0x53, 0x54, 0x56, 0x57, 0x58, 0x59, 0x5A,
        ]
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        let upper = byte >= UInt8(ascii: "a") ? byte & 0xDF : byte
        let alphabet = Self.alphabet
        return alphabet.indices.first { alphabet[$0] == upper }.map { UInt8($0) }
    }
}

/// Makes ids for one event loop: 40 random bits tell generators apart, 40 bits count up.
///
/// Not secret: whoever sees one id can guess the next. Tokens are drawn from `Crypto` instead.
package struct ULIDGenerator {
    private let node: UInt64
    private var counter: UInt64
    private var milliseconds: UInt64 = 0

    /// - Parameters: 40 random bits each; `node` stays, `counter` counts up.
    package init(node: UInt64, counter: UInt64) {
        self.node = node & Self.mask40
        self.counter = counter & Self.mask40
    }

    package init() {
        self.init(node: .random(in: 0...Self.mask40), counter: .random(in: 0...Self.mask40))
    }

    /// The next id.
    ///
    /// If the clock goes back, time is taken to stand still, so up to a trillion ids of one generator always ascend.
    package mutating func next(atMilliseconds now: UInt64) -> ULID {
        self.milliseconds = max(self.milliseconds, now)
        self.counter = (self.counter + 1) & Self.mask40
        if self.counter == 0 {
            self.milliseconds += 1
        }
        return ULID(
            high: self.milliseconds << 16 | self.node >> 24,
            low: self.node << 40 | self.counter
        )
    }

    private static let mask40: UInt64 = (1 << 40) - 1
}
