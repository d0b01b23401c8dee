import Testing

@testable import WebSocket

/// RFC 6455 section 5.7, its examples in its order.
private let examples: [(WebSocketRole, [UInt8], [Heard])] = [
    (.client, [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f], [.text("Hello")]),
    (.server, [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58], [.text("Hello")]),
    (.client, [0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f], [.text("Hello")]),
    (.client, [0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f], [.ping(Array("Hello".utf8))]),
    (.server, [0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58], [.pong(Array("Hello".utf8))]),
    (
        .client, [0x82, 0x7E, 0x01, 0x00] + [UInt8](repeating: 7, count: 256),
        [.binary(.init(repeating: 7, count: 256))]
    ),
    (
        .client,
        [0x82, 0x7F, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00] + [UInt8](repeating: 9, count: 65536),
        [.binary(.init(repeating: 9, count: 65536))]
    ),
]

/// Section of RFC 6455, bytes, what is heard.
private let conversations: [(String, [UInt8], [Heard])] = [
    (
        "5.4 unfragmented, one after another", text("a") + text("") + frame(2, [0, 255]),
        [.text("a"), .text(""), .binary([0, 255])]
    ),
    ("5.4 three fragments", text("a", final: false) + frame(0, [98], final: false) + frame(0, [99]), [.text("abc")]),
    ("5.4 empty fragments", text("", final: false) + frame(0, [], final: false) + frame(0, []), [.text("")]),
    (
        "5.4 control frames between fragments",
        text("a", final: false) + frame(9, [1]) + frame(0, [98], final: false) + frame(10, []) + frame(0, []),
        [.ping([1]), .pong([]), .text("ab")]
    ),
    (
        "5.4 a message after a fragmented one",
        frame(2, [1], final: false) + frame(0, [2]) + text("z"), [.binary([1, 2]), .text("z")]
    ),
    ("5.4 a code point cut by fragments", frame(1, [0xE2, 0x82], final: false) + frame(0, [0xAC]), [.text("€")]),
    ("5.4 continuation of nothing", frame(0, []), [.fault(.continuationOfNothing)]),
    ("5.4 continuation after the end", text("a") + frame(0, [1]), [.text("a"), .fault(.continuationOfNothing)]),
    ("5.4 message inside a message", text("a", final: false) + text("b"), [.fault(.messageInsideMessage)]),
    ("5.2 RSV1", frame(1, [], reserved: 0x40), [.fault(.reservedBits(0x40))]),
    ("5.2 RSV2 on a control frame", frame(9, [], reserved: 0x20), [.fault(.reservedBits(0x20))]),
    ("5.2 RSV3", frame(2, [], reserved: 0x10), [.fault(.reservedBits(0x10))]),
    ("5.2 opcode 3", frame(3, []), [.fault(.reservedOpcode(3))]),
    ("5.2 opcode 7", frame(7, []), [.fault(.reservedOpcode(7))]),
    ("5.2 opcode 11", frame(11, []), [.fault(.reservedOpcode(11))]),
    ("5.2 opcode 15", frame(15, []), [.fault(.reservedOpcode(15))]),
    ("5.2 16 bits for 125", frame(1, [65], lengthBytes: 2, announced: 125), [.fault(.lengthNotMinimal)]),
    ("5.2 64 bits for 65535", frame(1, [65], lengthBytes: 8, announced: 65535), [.fault(.lengthNotMinimal)]),
    ("5.2 top bit", frame(1, [65], lengthBytes: 8, announced: 1 << 63), [.fault(.lengthTooLarge)]),
    ("5.1 unmasked", frame(1, [65], key: nil), [.fault(.unmaskedFromClient)]),
    ("5.5 fragmented ping", frame(9, [], final: false), [.fault(.fragmentedControlFrame)]),
    ("5.5 ping of 125", frame(9, .init(repeating: 1, count: 125)), [.ping(.init(repeating: 1, count: 125))]),
    ("5.5 ping of 126", frame(9, .init(repeating: 1, count: 126)), [.fault(.controlFrameTooLong)]),
    ("5.5.1 close without a code", frame(8, []), [.close(nil, "")]),
    ("5.5.1 close with a reason", closing(1001, Array("bye €".utf8)), [.close(1001, "bye €")]),
    ("5.5.1 one byte", frame(8, [3]), [.fault(.closePayloadOfOneByte)]),
    ("5.5.1 reason not UTF-8", closing(1000, [0xC3, 0x28]), [.fault(.invalidUTF8)]),
    ("5.5.1 reason cut", closing(1000, [0xE2, 0x82]), [.fault(.invalidUTF8)]),
    ("5.5.1 nothing after a close", closing(1000) + text("x") + [0xFF], [.close(1000, "")]),
    ("5.5.1 close inside a message", text("a", final: false) + closing(1000), [.close(1000, "")]),
    ("8.1 not UTF-8", frame(1, [0x61, 0xC0, 0xAF]), [.fault(.invalidUTF8)]),
    ("8.1 ends inside a code point", frame(1, [0xE2, 0x82]), [.fault(.invalidUTF8)]),
    (
        "8.1 fragments end inside a code point", frame(1, [0xE2], final: false) + frame(0, [0x82]),
        [.fault(.invalidUTF8)]
    ),
    ("8.1 binary is not text", frame(2, [0xC0, 0xAF]), [.binary([0xC0, 0xAF])]),
]

@Suite struct FrameDecoderTests {
    @Test(arguments: examples)
    func `the examples of RFC 6455 section 5-7`(role: WebSocketRole, bytes: [UInt8], expected: [Heard]) {
        #expect(heard(bytes, as: role) == expected)
        #expect(heardByteByByte(bytes, as: role) == expected)
    }

    @Test(arguments: conversations)
    func `what is permitted is heard and what is not is a fault`(section: String, bytes: [UInt8], expected: [Heard]) {
        #expect(heard(bytes) == expected)
        #expect(heardByteByByte(bytes) == expected)
        for cut in 1..<max(2, min(bytes.count, 200)) where cut < bytes.count {
            #expect(heard(bytes, cuts: [cut]) == expected, "cut at \(cut)")
        }
    }

    @Test func `a server's masked frame is a fault`() {
        #expect(heardByteByByte(text("a"), as: .client) == [.fault(.maskedFromServer)])
    }

    @Test func `close codes are those for the wire`() {
        // RFC 6455 section 7.4, and the registry's 1012 to 1014.
        let permitted: Set<UInt16> = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014]
        for code in UInt16.min...UInt16.max {
            let isPermitted = permitted.contains(code) || (3000...4999).contains(code)
            let expected = isPermitted ? Heard.close(code, "") : .fault(.closeCodeNotForTheWire(code))
            if heard(closing(code)) != [expected] { Issue.record("close code \(code)") }
        }
    }

    @Test(arguments: [0, 1, 125, 126, 127, 128, 65535, 65536, 65537, 300_000])
    func `every form of length carries its payload`(count: Int) {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let bytes = frame(2, payload) + text("next")
        #expect(heard(bytes) == [.binary(payload), .text("next")])
        #expect(
            heard(bytes, cuts: Array(stride(from: 1, to: bytes.count, by: 997))) == [.binary(payload), .text("next")]
        )
    }

    @Test func `a message that is too big is refused by its head alone`() {
        let limit = 1000
        #expect(heard(frame(2, .init(repeating: 0, count: 1000)), limit: limit).count == 1)
        // Two bytes and the length: neither key nor payload has come.
        let head = Array(frame(2, [], announced: 1001).prefix(4))
        #expect(heard(head, limit: limit) == [.fault(.messageTooBig(bytes: 1001, limit: 1000))])
        let short = Array(frame(1, [], announced: 11).prefix(2))
        #expect(heard(short, limit: 10) == [.fault(.messageTooBig(bytes: 11, limit: 10))])
        let huge = Array(frame(1, [], announced: (1 << 63) - 1).prefix(10))
        #expect(heard(huge, limit: limit) == [.fault(.messageTooBig(bytes: (1 << 63) - 1, limit: 1000))])
        let fragments = text("123456", final: false) + Array(frame(0, [], announced: 5).prefix(2))
        #expect(heard(fragments, limit: 10) == [.fault(.messageTooBig(bytes: 11, limit: 10))])
        #expect(heard(text("123456", final: false) + frame(0, [55, 56, 57, 48]), limit: 10) == [.text("1234567890")])
    }

    @Test func `control frames do not count against the size of a message`() {
        let bytes = text("12345", final: false) + frame(9, .init(repeating: 1, count: 100)) + frame(0, [54])
        #expect(heardByteByByte(bytes, limit: 6) == [.ping(.init(repeating: 1, count: 100)), .text("123456")])
    }

    @Test func `text is refused while most of its frame is still to come, Autobahn 6-4`() {
        let payload = Array("κόσμε".utf8) + [0xF4, 0x90]
        let bytes = frame(1, payload, announced: 100_000)
        #expect(heard(bytes, cuts: [bytes.count - 1]) == [.fault(.invalidUTF8)])
        #expect(heard(Array(bytes.dropLast())) == [])
        #expect(heardByteByByte(bytes) == [.fault(.invalidUTF8)])
    }

    @Test func `a whole message is handed out where it stands`() {
        var buffer = text("Hello") + text("World") + Array(text("cut").dropLast())
        var decoder = FrameDecoder(role: .server, maximumMessageBytes: 100)
        var offset = 0
        do {
            var span = buffer.mutableSpan
            #expect(decoder.next(&span, from: &offset) == .message(.text, .inBuffer(6..<11)))
            #expect(decoder.next(&span, from: &offset) == .message(.text, .inBuffer(17..<22)))
            #expect(decoder.isInsideMessage == false)
            #expect(decoder.next(&span, from: &offset) == nil)
        }
        #expect(decoder.isInsideMessage == true)
        #expect(offset == buffer.count)
        #expect(Array(buffer[6..<11]) == Array("Hello".utf8))
    }

    @Test func `an idle decoder is small and holds nothing`() {
        #expect(MemoryLayout<FrameDecoder>.size <= 32)
        var decoder = FrameDecoder(role: .server, maximumMessageBytes: 1 << 20)
        for bytes in [text("Hello"), frame(9, [1, 2, 3]), text("a", final: false) + frame(0, [98])] {
            for byte in bytes {
                var buffer = [byte]
                var span = buffer.mutableSpan
                var offset = 0
                while decoder.next(&span, from: &offset) != nil {}
            }
            #expect(decoder.isInsideMessage == false)
        }
    }

    @Test func `what is held is bounded by what has arrived, and by what was announced`() throws {
        let unfinished = Unfinished()
        unfinished.begin(
            FrameHead(isFinal: true, opcode: .binary, payloadBytes: 1 << 40, key: nil, headBytes: 10)
        )
        let piece = [UInt8](repeating: 1, count: 4096)
        var reallocations = 0
        for arrived in 1...256 {
            let before = unfinished.message.capacity
            _ = try unfinished.take(piece.span)
            if unfinished.message.capacity != before { reallocations += 1 }
            #expect(unfinished.message.count == arrived * 4096)
            #expect(unfinished.message.capacity <= arrived * 4096 * 2 + 8192)
        }
        #expect(reallocations <= 10)

        let short = Unfinished()
        short.begin(FrameHead(isFinal: true, opcode: .binary, payloadBytes: 5000, key: nil, headBytes: 4))
        _ = try short.take(piece.span)
        #expect(short.message.capacity < 5064)
    }
}
