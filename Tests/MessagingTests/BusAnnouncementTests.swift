import Messaging
import TestKit
import Testing

@Suite struct BusAnnouncementTests {
    private static let origin = BusOrigin(high: 0x0011_2233_4455_6677, low: 0x8899_AABB_CCDD_EEFF)
    private static let tails = [
        BusTail(room: try! RoomName("chat.lobby"), epoch: 0xE0E1_E2E3_E4E5_E6E7, accepted: 42, sent: 44),
        BusTail(room: try! RoomName("a"), epoch: 1, accepted: 0, sent: .max),
    ]

    private static func decoded(_ bytes: [UInt8]) throws(EnvelopeError) -> BusAnnouncement {
        try BusAnnouncement(bytes.span)
    }

    @Test func `the bytes are those of the documented example`() throws {
        let announcement = BusAnnouncement(origin: Self.origin, tails: Self.tails)
        #expect(announcement.encoded.hexadecimal == (try WireFormatPage.example(named: "announcement")))
    }

    @Test(arguments: [nil, 0, 1500, UInt64.max])
    func `what was encoded is decoded`(recall: UInt64?) throws {
        let announcement = BusAnnouncement(origin: Self.origin, tails: Self.tails, recallMilliseconds: recall)
        #expect(try Self.decoded(announcement.encoded) == announcement)
    }

    @Test func `as many tails as it may carry fit, however long their rooms' names`() throws {
        let tails = try (0..<BusAnnouncement.maximumTails).map { number in
            let name = String(repeating: "x", count: 196) + String(1000 + number)
            return BusTail(room: try RoomName(name), epoch: 1, accepted: 1, sent: 1)
        }
        let announcement = BusAnnouncement(origin: Self.origin, tails: tails, recallMilliseconds: 1)
        #expect(try Self.decoded(announcement.encoded) == announcement)
    }

    @Test func `fields of later versions are skipped`() throws {
        var bytes = BusAnnouncement(origin: Self.origin, tails: Self.tails).encoded
        bytes.insert(contentsOf: [77, 0, 2, 1, 1], at: 6)
        #expect(try Self.decoded(bytes).tails == Self.tails)
    }

    struct Broken: Sendable {
        let fields: [UInt8]
        let error: EnvelopeError
    }

    static let broken: [Broken] = [
        Broken(fields: [0], error: .missingField(.origin)),
        Broken(fields: [], error: .truncated),
        Broken(fields: [2, 0, 1, 7, 0], error: .badField(.origin)),
        Broken(fields: [32, 0, 1, 7, 0], error: .badField(.tail)),
        Broken(fields: [32, 0, 25] + [UInt8](repeating: 0, count: 24) + [65, 0], error: .badField(.tail)),
        Broken(fields: [32, 0, 25] + [UInt8](repeating: 9, count: 23) + [8, 65, 0], error: .badField(.tail)),
        Broken(fields: [33, 0, 1, 7, 0], error: .badField(.recall)),
    ]

    @Test(arguments: broken)
    func `what makes no sense is an error`(broken: Broken) {
        let bytes = EnvelopeFormat.magic + [EnvelopeFormat.version, 0] + broken.fields
        #expect(throws: broken.error) { try Self.decoded(bytes) }
    }

    @Test func `what has another beginning is an error`() {
        #expect(throws: EnvelopeError.truncated) { try Self.decoded([UInt8]()) }
        #expect(throws: EnvelopeError.truncated) { try Self.decoded(Array("text".utf8)) }
        #expect(throws: EnvelopeError.truncated) { try Self.decoded(EnvelopeFormat.magic) }
        #expect(throws: EnvelopeError.unknownVersion(2)) {
            try Self.decoded((EnvelopeFormat.magic + [2, 0, 0]))
        }
    }
}
