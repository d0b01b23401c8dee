import Messaging
import TestKit
import Testing

@Suite struct BusAnnouncementTests {
    private static let origin = BusOrigin(high: 0x0011_2233_4455_6677, low: 0x8899_AABB_CCDD_EEFF)
    private static let tails = [
        tail(
            BusEpoch(id: 1, began: BusTime(nanoseconds: 0x18E9_0000_0000_0001, error: 250_000)),
            accepted: 6,
            sent: 7
        ),
        tail(
            BusEpoch(id: 0xE0E1_E2E3_E4E5_E6E7, began: BusTime(nanoseconds: 0x18E9_0000_0000_0002, error: .max)),
            accepted: 42,
            sent: 44
        ),
    ]
    private static let question = BusQuestion(asker: BusOrigin(high: 3, low: 4), number: 2)

    private static func tail(_ epoch: BusEpoch, accepted: UInt64, sent: UInt64, room: String = "chat.lobby")
        -> BusAnnouncement.RoomTail
    {
        BusAnnouncement.RoomTail(
            room: try! RoomName(room),
            tail: BusTail(epoch: epoch, accepted: accepted, sent: sent)
        )
    }

    private static func decoded(_ bytes: [UInt8]) throws(EnvelopeError) -> BusAnnouncement {
        try BusAnnouncement(bytes.span)
    }

    @Test func `the bytes are those of the documented example`() throws {
        let announcement = BusAnnouncement(origin: Self.origin, tails: Self.tails)
        #expect(announcement.encoded.hexadecimal == (try WireFormatPage.example(named: "announcement")))
    }

    @Test func `questions and answers are those of the documented examples`() throws {
        let recall = BusAnnouncement.Recall(awayMilliseconds: 12_000, number: 2)
        let asked = BusAnnouncement(origin: Self.question.asker, recall: recall)
        #expect(asked.encoded.hexadecimal == (try WireFormatPage.example(named: "recall")))
        let answered = BusAnnouncement(origin: Self.origin, answered: [Self.question])
        #expect(answered.encoded.hexadecimal == (try WireFormatPage.example(named: "answer")))
    }

    @Test(arguments: [nil, 0, 1500, UInt64.max])
    func `what was encoded is decoded`(away: UInt64?) throws {
        let announcement = BusAnnouncement(
            origin: Self.origin,
            tails: Self.tails,
            recall: away.map { BusAnnouncement.Recall(awayMilliseconds: $0, number: $0 == 0 ? nil : $0) },
            answered: [Self.question, BusQuestion(asker: Self.origin, number: .max)]
        )
        #expect(try Self.decoded(announcement.encoded) == announcement)
    }

    @Test func `an announcement is told from a message, and from what is neither`() {
        #expect(BusAnnouncement.isOne(BusAnnouncement(origin: Self.origin).encoded.span) == true)
        let message: [UInt8] = EnvelopeFormat.magic + [EnvelopeFormat.version, 1, 0]
        for other in [message, [], Array("text".utf8), EnvelopeFormat.magic, EnvelopeFormat.magic + [2, 2, 0]] {
            #expect(BusAnnouncement.isOne(other.span) == false)
        }
    }

    @Test func `what an earlier build announces is understood`() throws {
        let bytes = try WireFormatPage.bytes(named: "earlier announcement")
        let announcement = try Self.decoded(bytes)
        #expect(announcement.origin == Self.origin)
        #expect(
            announcement.tails == [
                Self.tail(BusEpoch(id: 0xE0E1_E2E3_E4E5_E6E7, began: nil), accepted: 42, sent: 44),
                Self.tail(BusEpoch(id: 1, began: nil), accepted: 0, sent: .max, room: "a"),
            ]
        )
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
        Broken(fields: [34, 0, 1, 7, 0], error: .badField(.reach)),
        Broken(fields: [34, 0, 40] + [UInt8](repeating: 0, count: 40) + [0], error: .badField(.reach)),
        Broken(
            fields: [2, 0, 16] + [UInt8](repeating: 0, count: 16) + [34, 0, 40] + [UInt8](repeating: 9, count: 40) + [
                0
            ],
            error: .missingField(.room)
        ),
        Broken(fields: [35, 0, 1, 7, 0], error: .badField(.recallNumber)),
        Broken(fields: [36, 0, 8, 7, 7, 7, 7, 7, 7, 7, 7, 0], error: .badField(.recallAnswer)),
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
