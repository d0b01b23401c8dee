import Messaging
import Testing

@Suite struct ChainRecordTests {
    private static let connection = ConnectionID(ULID(high: 0x0199_0000_0001_0203, low: 0x0405_0607_0809_0A0B))

    private static let record = ChainRecord(
        connection: connection,
        instance: "gateway-1",
        origin: BusOrigin(high: 0x0011_2233_4455_6677, low: 0x8899_AABB_CCDD_EEFF),
        place: 3,
        user: UserID(anonymous: connection),
        window: .seconds(120)
    )

    /// Where each field begins, and the end of the last.
    private static func fields(_ bytes: [UInt8]) -> [Int] {
        var offsets = [6]
        while let offset = offsets.last, bytes[offset] != EnvelopeFormat.payloadTag {
            offsets.append(offset + 3 + Int(bytes[offset + 1]) << 8 + Int(bytes[offset + 2]))
        }
        return offsets
    }

    @Test func `the bytes are those of the documented example`() throws {
        let example = try WireFormatPage.example(named: "record")
        #expect(Self.record.encoded.hexadecimal == example)
    }

    @Test func `what was written is read`() throws {
        for user in [nil, UserID(anonymous: Self.connection)] {
            let record = ChainRecord(
                connection: Self.connection,
                instance: "pod-7",
                origin: .random(),
                place: 0,
                user: user,
                window: .milliseconds(1500)
            )
            let bytes = record.encoded
            #expect(try ChainRecord(reading: bytes.span) == record)
        }
    }

    @Test func `the place never grows past what can be read, and a name is made fit`() throws {
        let record = ChainRecord(
            connection: Self.connection,
            instance: "pod\n7" + String(repeating: "x", count: 300),
            origin: .random(),
            place: .max,
            user: nil,
            window: .seconds(1)
        )
        let bytes = record.encoded
        #expect(try ChainRecord(reading: bytes.span) == record)
        #expect(record.instance.hasPrefix("pod-7x") && record.instance.utf8.count == 255)
    }

    @Test func `a field of a later build is skipped`() throws {
        var bytes = Self.record.encoded
        bytes.insert(contentsOf: [200, 0, 2, 1, 2], at: 6)
        #expect(try ChainRecord(reading: bytes.span) == Self.record)
    }

    @Test func `each field stands there once, and only the user may be missing`() throws {
        let bytes = Self.record.encoded
        let offsets = Self.fields(bytes)
        #expect(offsets.count == 7)
        for (start, end) in zip(offsets, offsets.dropFirst()) {
            let tag = try #require(EnvelopeTag(rawValue: bytes[start]))
            let twice = bytes[..<end] + bytes[start...]
            let (repeated, without) = (Array(twice), Array(bytes[..<start] + bytes[end...]))
            #expect(throws: EnvelopeError.repeatedField(tag)) { try ChainRecord(reading: repeated.span) }
            if tag == .user {
                #expect((try? ChainRecord(reading: without.span))?.user == nil)
            } else {
                #expect(throws: EnvelopeError.missingField(tag)) { try ChainRecord(reading: without.span) }
            }
        }
    }

    private static let nonsense: [(EnvelopeTag, [UInt8])] = [
        (.connection, [0, 1]), (.origin, []), (.instance, []), (.instance, [0xFF]), (.instance, [10]),
        (.place, [1]), (.place, [0, 0, 0, 1, 0, 0, 0, 0]), (.window, [0, 0, 0, 0, 0, 0, 0, 0]),
        (.window, [255, 255, 255, 255, 255, 255, 255, 255]), (.user, []), (.user, [10]), (.room, [65]),
    ]

    @Test(arguments: nonsense)
    func `a field that makes no sense is an error`(tag: EnvelopeTag, value: [UInt8]) {
        let bytes = Self.record.encoded
        let offsets = Self.fields(bytes)
        var changed = Array(bytes[..<6]) + [tag.rawValue, 0, UInt8(value.count)] + value
        for (start, end) in zip(offsets, offsets.dropFirst()) where bytes[start] != tag.rawValue {
            changed += bytes[start..<end]
        }
        changed.append(0)
        #expect(throws: EnvelopeError.badField(tag)) { try ChainRecord(reading: changed.span) }
    }

    @Test func `whatever stands there instead is an error`() throws {
        let bytes = Self.record.encoded
        for count in 0..<bytes.count {
            let cut = Array(bytes[..<count])
            #expect(throws: EnvelopeError.self) { try ChainRecord(reading: cut.span) }
        }
        let text = Array("a plain text".utf8)
        #expect(throws: EnvelopeError.self) { try ChainRecord(reading: text.span) }
        var later = bytes
        later[4] = 2
        #expect(throws: EnvelopeError.unknownVersion(2)) { try ChainRecord(reading: later.span) }
    }
}

@Suite struct ChainKeyTests {
    private static let token = "R2hvc3QtdG9rZW4tb25seQ"

    @Test func `a token has another name for each user, and none of them tells it`() throws {
        let users = [nil, try UserID("alice"), try UserID("mallory"), try UserID("a")]
        let names = users.map { ChainKey(token: Self.token, user: $0).name }
        #expect(Set(names).count == users.count)
        #expect(names.allSatisfy { $0.utf8.count == 43 && !$0.contains(Self.token) })
        // What is the user's and what the token's cannot be moved.
        #expect(ChainKey(token: "bc", user: try UserID("a")).name != ChainKey(token: "c", user: try UserID("ab")).name)
        #expect(ChainKey(token: "a\0c", user: nil).name != ChainKey(token: "c", user: try UserID("a")).name)
    }

    @Test func `the names are those of the documented example`() throws {
        let page = try WireFormatPage.text()
        for user in [nil, try UserID("alice")] {
            #expect(page.contains("`atalaya:resume:\(ChainKey(token: Self.token, user: user).name)`"))
        }
    }

    @Test func `it cannot be printed`() throws {
        let key = ChainKey(token: Self.token, user: try UserID("alice"))
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] {
            #expect(text.contains("<redacted>") && !text.contains(Self.token))
        }
    }
}
