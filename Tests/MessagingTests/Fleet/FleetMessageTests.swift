import TestKit
import Testing

@testable import Messaging

@Suite struct FleetMessageTests {
    private static let origin = BusOrigin(high: 0x0011_2233_4455_6677, low: 0x8899_AABB_CCDD_EEFF)
    private static let nonce = FleetNonce(high: 0xA0A1_A2A3_A4A5_A6A7, low: 0xA8A9_AAAB_ACAD_AEAF)

    private static func message(_ content: FleetMessage.Content, from instance: String = "gateway-1") -> FleetMessage {
        FleetMessage(
            origin: self.origin,
            instance: instance,
            nonce: self.nonce,
            sentAt: 0x18E9_0000_0000_0001,
            content: content
        )
    }

    private static let contents: [FleetMessage.Content] = [
        .heartbeat(FleetHeartbeat(build: "1.0.0", clock: nil)),
        .heartbeat(FleetHeartbeat(build: "1.0.0", clock: FleetClockReading(offset: -1_500_000, error: .max))),
        .question(subject: "explain", body: Array("01H".utf8)),
        .question(subject: "something new", body: []),
        .answer(to: FleetNonce(high: 1, low: .max), .answered([])),
        .answer(to: FleetNonce(high: 1, low: 2), .answered([UInt8](repeating: 0xFF, count: 256 * 1024))),
        .answer(to: FleetNonce(high: 1, low: 2), .refused(.busy)),
        .goodbye,
    ]

    @Test(arguments: contents) func `what was encoded is decoded`(content: FleetMessage.Content) throws {
        for name in ["gateway-1", "ü", String(repeating: "n", count: FleetMessage.maximumNameBytes)] {
            let message = Self.message(content, from: name)
            let bytes = message.encoded(flags: [])
            #expect(try FleetMessage(reading: bytes.span) == message)
            #expect(bytes.count <= FleetLimits().messageBytes - 32)
        }
    }

    @Test func `the bytes are those of the documented examples`() throws {
        let heartbeat = FleetHeartbeat(build: "0.1.0", clock: FleetClockReading(offset: -2_000_000, error: 150_000))
        let bare = FleetSeal(key: nil, channel: "atalaya:_fleet", limits: FleetLimits())
        #expect(
            bare.sealed(Self.message(.heartbeat(heartbeat))).hexadecimal
                == (try WireFormatPage.example(named: "heartbeat"))
        )
        let key = FleetKey(secret: "a secret of at least sixteen bytes")
        let seal = FleetSeal(key: key, channel: "atalaya:_fleet", limits: FleetLimits())
        #expect(
            seal.sealed(Self.message(.question(subject: "close", body: Array("alice".utf8)))).hexadecimal
                == (try WireFormatPage.example(named: "question"))
        )
    }

    @Test func `fields of later versions are skipped`() throws {
        let message = Self.message(.goodbye)
        var bytes = message.encoded(flags: [])
        bytes.insert(contentsOf: [200, 0, 2, 1, 1], at: 6)
        #expect(try FleetMessage(reading: bytes.span) == message)
    }

    @Test func `a reason to refuse that a later build has is a refusal`() throws {
        var bytes = Self.message(.answer(to: Self.nonce, .refused(.busy))).encoded(flags: [])
        bytes[bytes.count - 2] = 99
        #expect(try FleetMessage(reading: bytes.span).content == .answer(to: Self.nonce, .refused(.failed)))
    }

    struct Broken: Sendable {
        let field: [UInt8]
        let error: EnvelopeError
    }

    private static let broken: [Broken] = [
        Broken(field: [64, 0, 1, 9], error: .repeatedField(.fleetKind)),
        Broken(field: [5, 0, 1, 65], error: .badField(.room)),
        Broken(field: [32, 0, 1, 65], error: .badField(.tail)),
        Broken(field: [69, 0, 1, 1], error: .badField(.question)),
        Broken(field: [70, 0, 0], error: .badField(.refusal)),
        Broken(field: [68, 0, 0], error: .badField(.subject)),
        Broken(field: [68, 0, 2, 0xC3, 0x28], error: .badField(.subject)),
        Broken(field: [68, 0, 2, 65, 10], error: .badField(.subject)),
        Broken(field: [71, 0, 65] + [UInt8](repeating: 65, count: 65), error: .badField(.build)),
        Broken(field: [72, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0], error: .badField(.clock)),
    ]

    @Test(arguments: broken) func `what makes no sense is an error`(broken: Broken) {
        var bytes = Self.message(.goodbye).encoded(flags: [])
        bytes.insert(contentsOf: broken.field, at: bytes.count - 1)
        #expect(throws: broken.error) { try FleetMessage(reading: bytes.span) }
    }

    @Test func `every field that a kind needs is demanded`() {
        let needed: [(FleetMessage.Content, EnvelopeTag)] = [
            (.heartbeat(FleetHeartbeat(build: "1", clock: nil)), .build), (.question(subject: "x", body: []), .subject),
            (.answer(to: Self.nonce, .answered([])), .question),
        ]
        for (content, last) in needed {
            for tag in [.fleetKind, .origin, .instance, .nonce, .sentAt, last] as [EnvelopeTag] {
                let bytes = Self.without(tag, in: Self.message(content).encoded(flags: []))
                #expect(throws: EnvelopeError.missingField(tag)) { try FleetMessage(reading: bytes.span) }
            }
        }
    }

    private static func without(_ tag: EnvelopeTag, in bytes: [UInt8]) -> [UInt8] {
        var rest = Array(bytes[..<6])
        var offset = 6
        while bytes[offset] != EnvelopeFormat.payloadTag {
            let end = offset + 3 + Int(bytes[offset + 1]) << 8 + Int(bytes[offset + 2])
            if bytes[offset] != tag.rawValue {
                rest += bytes[offset..<end]
            }
            offset = end
        }
        return rest + bytes[offset...]
    }

    @Test func `a cut message is an error wherever it is cut`() {
        let whole = Self.message(.heartbeat(FleetHeartbeat(build: "1.0.0", clock: nil))).encoded(flags: [])
        for count in whole.indices {
            let cut = Array(whole[..<count])
            #expect(throws: EnvelopeError.self) { try FleetMessage(reading: cut.span) }
        }
    }

    @Test(arguments: [
        ("gateway-1", "gateway-1"), ("", "-"), ("a\nb\u{7F}", "a-b-"), (String(repeating: "ü", count: 200), nil),
    ])
    func `any name is made one that messages may carry`(name: String, fit: String?) throws {
        let identity = FleetIdentity(instance: name, build: name, key: nil)
        if let fit {
            #expect(identity.instance == fit)
        }
        let heartbeat = FleetMessage.Content.heartbeat(FleetHeartbeat(build: identity.build, clock: nil))
        let bytes = Self.message(heartbeat, from: identity.instance).encoded(flags: [])
        #expect(try FleetMessage(reading: bytes.span).instance == identity.instance)
    }
}
