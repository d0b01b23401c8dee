import Messaging
import TestKit
import Testing

@Suite struct EnvelopeTests {
    private static let home = BusOrigin(high: 0x0011_2233_4455_6677, low: 0x8899_AABB_CCDD_EEFF)
    private static let stranger = BusOrigin(high: 1, low: 2)
    private static let stamp = BusStamp(
        origin: home,
        epoch: BusEpoch(
            id: 0xE0E1_E2E3_E4E5_E6E7,
            began: BusTime(nanoseconds: 0x18E9_0000_0000_0000, error: 250_000)
        ),
        number: 42
    )

    private static func message(
        kind: PayloadKind = .json,
        payload: [UInt8] = Array(#"{"text":"hi"}"#.utf8),
        room: String = "chat.lobby",
        user: String? = "alice",
        sender: SenderReference? = SenderReference(loop: 1, connection: 0x0000_0002_0000_0003),
        excludesSender: Bool = true,
        trace: TraceContext? = TraceContext(
            traceHigh: 0x4BF9_2F35_77B3_4DA6,
            traceLow: 0xA3CE_929D_0E0E_4736,
            span: 0x00F0_67AA_0BA9_02B7,
            flags: 1
        )
    ) -> Message {
        Message(
            id: MessageID(ULID(high: 0x0199_0000_0001_0203, low: 0x0405_0607_0809_0A0B)),
            room: try! RoomName(room),
            kind: kind,
            payload: payload,
            from: user.map { try! UserID($0) },
            sender: sender,
            excludesSender: excludesSender,
            acceptedAt: 0x18E9_0000_0000_0001,
            trace: trace
        )
    }

    private static func encoded(_ message: Message = message()) -> [UInt8] {
        var bytes: [UInt8] = []
        Envelope.append(message, stamp: self.stamp, publishedAt: 0x18E9_0000_0000_0002, to: &bytes)
        return bytes
    }

    /// The example of docs/wire-format.md.
    @Test func `the bytes are those of the documented example`() throws {
        let hexadecimal = try WireFormatPage.example(named: "message")
        #expect(Self.encoded().hexadecimal == hexadecimal)
    }

    @Test(arguments: PayloadKind.allCases)
    func `what was encoded is decoded`(kind: PayloadKind) throws {
        let message = Self.message(kind: kind)
        let envelope = try Self.decoded(Self.encoded(message))
        #expect(envelope.message.isSame(as: message))
        #expect(envelope.message.publishedAt == 0x18E9_0000_0000_0002)
        #expect(envelope.stamp == Self.stamp)
    }

    @Test func `a message of nobody with nothing in it is one too`() throws {
        let message = Self.message(payload: [], user: nil, sender: nil, excludesSender: false, trace: nil)
        let envelope = try Self.decoded(Self.encoded(message))
        #expect(envelope.message.isSame(as: message))
    }

    @Test func `a sender is named only in the process it belongs to`() throws {
        let envelope = try Self.decoded(Self.encoded(), home: Self.stranger)
        #expect(envelope.message.sender == nil)
        #expect(envelope.message.excludesSender)
    }

    @Test func `it is appended to what is there`() {
        var bytes: [UInt8] = [1, 2, 3]
        Envelope.append(Self.message(), stamp: Self.stamp, publishedAt: 0x18E9_0000_0000_0002, to: &bytes)
        #expect(bytes == [1, 2, 3] + Self.encoded())
    }

    @Test(arguments: [
        "", "hi", "{}", "ATL", "\u{FF}ATL", "ÿATL", String(repeating: "x", count: 70_000),
    ])
    func `no text is taken for an envelope`(text: String) {
        let bytes = Array(text.utf8)
        #expect(Envelope.isOne(bytes.span) == false)
    }

    @Test func `the magic begins no UTF-8`() {
        #expect(String(validating: EnvelopeFormat.magic, as: UTF8.self) == nil)
        #expect(String(validating: EnvelopeFormat.magic.prefix(1), as: UTF8.self) == nil)
    }

    @Test(arguments: [UInt8(0), 2, 255])
    func `another version is an error, never a payload`(version: UInt8) {
        var bytes = Self.encoded()
        bytes[4] = version
        #expect(Envelope.isOne(bytes.span) == true)
        #expect(throws: EnvelopeError.unknownVersion(version)) { try Self.decoded(bytes) }
    }

    @Test func `a field that is not known is skipped, wherever it stands`() throws {
        let bytes = Self.encoded()
        let unknown: [UInt8] = [200, 0, 3, 9, 9, 9]
        for offset in Self.fieldOffsets(bytes) {
            var longer = bytes
            longer.insert(contentsOf: unknown, at: offset)
            let envelope = try Self.decoded(longer)
            #expect(envelope.message.isSame(as: Self.message()))
        }
    }

    @Test func `flags that are not known are ignored`() throws {
        var bytes = Self.encoded()
        bytes[5] = 0xFC
        #expect(try Self.decoded(bytes).message.excludesSender == false)
    }

    @Test func `every field stands at most once`() {
        let bytes = Self.encoded()
        let offsets = Self.fieldOffsets(bytes)
        for (start, end) in zip(offsets, offsets.dropFirst()) {
            let tag = EnvelopeTag(rawValue: bytes[start])!
            let twice = bytes[..<end] + bytes[start...]
            #expect(throws: EnvelopeError.repeatedField(tag)) { try Self.decoded(Array(twice)) }
        }
    }

    @Test func `what a message needs must be there`() throws {
        let bytes = Self.encoded()
        let offsets = Self.fieldOffsets(bytes)
        let optional: [EnvelopeTag] = [.user, .publishedAt, .trace, .sender, .began]
        for (start, end) in zip(offsets, offsets.dropFirst()) {
            let tag = EnvelopeTag(rawValue: bytes[start])!
            let without = Array(bytes[..<start] + bytes[end...])
            if optional.contains(tag) {
                #expect(throws: Never.self) { try Self.decoded(without) }
            } else {
                #expect(throws: EnvelopeError.missingField(tag)) { try Self.decoded(without) }
            }
        }
    }

    private static let senseless: [(EnvelopeTag, [UInt8])] = [
        (.sequence, [UInt8](repeating: 0, count: 8)),
        (.kind, [3]),
        (.room, Array("_reserved".utf8)),
        (.room, []),
        (.room, Array("zwölf".utf8)),
        (.user, []),
        (.user, [0xC3]),
        (.user, Array("_canary".utf8)),
        (.sender, [0, 0, 0, 0, 0, 1, 0, 0] + [UInt8](repeating: 0, count: 8)),
        (.messageID, [1]),
        (.origin, []),
        (.epoch, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (.acceptedAt, [1]),
        (.publishedAt, []),
        (.trace, [1]),
        (.tail, [1]),
        (.recall, [1]),
    ]

    @Test(arguments: senseless)
    func `a field that makes no sense is an error`(tag: EnvelopeTag, value: [UInt8]) {
        let field = [tag.rawValue, 0, UInt8(value.count)] + value
        let bytes = Self.replacing(tag, by: field)
        #expect(throws: EnvelopeError.badField(tag)) { try Self.decoded(bytes) }
    }

    @Test func `what is cut short is an error at every length`() {
        let bytes = Self.encoded()
        let payload = Self.message().payload.count
        for count in 4..<bytes.count - payload {
            #expect(throws: EnvelopeError.truncated) {
                try Self.decoded(Array(bytes[..<count]))
            }
        }
    }

    @Test func `a head without end is refused before it is walked through`() {
        var bytes = EnvelopeFormat.magic + [EnvelopeFormat.version, 0]
        let field: [UInt8] = [200, 0x0F, 0xFF] + [UInt8](repeating: 0, count: 0x0FFF)
        while bytes.count <= 4 * EnvelopeFormat.maximumHeadBytes {
            bytes += field
        }
        #expect(throws: EnvelopeError.headTooLarge) { try Self.decoded(bytes) }
    }

    @Test(arguments: SeededGenerator.seeds(always: 1, 20_261_121))
    func `nothing that was damaged ends the process or passes for another message`(seed: UInt64) {
        var random = SeededGenerator(printing: seed)
        let whole = Self.encoded()
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
                case 1: bytes.removeSubrange(Int.random(in: 6..<bytes.count, using: &random)...)
                case 2:
                    bytes.insert(
                        .random(in: 0...255, using: &random),
                        at: Int.random(in: 0...bytes.count, using: &random)
                    )
                default: bytes.remove(at: Int.random(in: 0..<bytes.count, using: &random))
                }
                if bytes.count < 8 {
                    bytes = whole
                }
            }
            guard Envelope.isOne(bytes.span) else { continue }
            if let envelope = try? Self.decoded(bytes) {
                #expect(envelope.stamp.number > 0 && envelope.message.payload.count <= bytes.count)
            }
            _ = try? BusAnnouncement(bytes.span)
        }
    }

    private static func decoded(_ bytes: [UInt8], home: BusOrigin = home) throws(EnvelopeError) -> Envelope {
        try Envelope.decode(bytes.span, home: home)
    }

    // MARK: - Envelopes to damage

    /// Where each field begins, and where the payload's mark stands.
    private static func fieldOffsets(_ bytes: [UInt8]) -> [Int] {
        var offsets: [Int] = []
        var offset = 6
        while bytes[offset] != 0 {
            offsets.append(offset)
            offset += 3 + Int(bytes[offset + 1]) << 8 + Int(bytes[offset + 2])
        }
        return offsets + [offset]
    }

    private static func replacing(_ tag: EnvelopeTag, by field: [UInt8]) -> [UInt8] {
        let bytes = self.encoded()
        let offsets = self.fieldOffsets(bytes)
        for (start, end) in zip(offsets, offsets.dropFirst()) where bytes[start] == tag.rawValue {
            return Array(bytes[..<start] + field + bytes[end...])
        }
        return Array(bytes[..<6] + field + bytes[6...])
    }
}
