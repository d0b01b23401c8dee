/// What an instance tells the others besides messages: how far it has come, and what it wants to know.
///
/// Tails are sent on their room's channel, questions and answers on the inner channel. Instances of an earlier build
/// announce tails on the inner channel, each with its room, and without the times at which epochs began.
package struct BusAnnouncement: Equatable, Sendable {
    /// An instance was away, and asks for what was announced meanwhile.
    package struct Recall: Equatable, Sendable {
        package let awayMilliseconds: UInt64
        /// `nil` from an earlier build, which expects no answer.
        package let number: UInt64?

        package init(awayMilliseconds: UInt64, number: UInt64?) {
            self.awayMilliseconds = awayMilliseconds
            self.number = number
        }
    }

    package struct RoomTail: Equatable, Sendable {
        package let room: RoomName
        package let tail: BusTail

        package init(room: RoomName, tail: BusTail) {
            self.room = room
            self.tail = tail
        }
    }

    package let origin: BusOrigin
    package let tails: [RoomTail]
    package let recall: Recall?
    package let answered: [BusQuestion]

    /// - Parameter tails: All from the same room.
    package init(
        origin: BusOrigin,
        tails: [RoomTail] = [],
        recall: Recall? = nil,
        answered: [BusQuestion] = []
    ) {
        self.origin = origin
        self.tails = tails
        self.recall = recall
        self.answered = answered
    }

    /// Whether these bytes are an announcement and not a message; both come on room channels.
    package static func isOne(_ bytes: Span<UInt8>) -> Bool {
        guard EnvelopeReader.hasMagic(bytes), let reader = try? EnvelopeReader(bytes) else { return false }
        return reader.flags.contains(.announcement)
    }

    package var encoded: [UInt8] {
        var writer = EnvelopeWriter(flags: .announcement, bytes: [])
        writer.append(.origin, [self.origin.high, self.origin.low])
        if let room = self.tails.first?.room {
            writer.append(.room, text: room.text)
        }
        for tail in self.tails.map(\.tail) {
            let began = tail.epoch.began ?? BusTime(nanoseconds: 0, error: .max)
            writer.append(.reach, [tail.epoch.id, began.nanoseconds, began.error, tail.accepted, tail.sent])
        }
        if let recall = self.recall {
            writer.append(.recall, [recall.awayMilliseconds])
            if let number = recall.number {
                writer.append(.recallNumber, [number])
            }
        }
        for question in self.answered {
            writer.append(.recallAnswer, [question.asker.high, question.asker.low, question.number])
        }
        writer.append(payload: [])
        return writer.bytes
    }

    package init(_ bytes: Span<UInt8>) throws(EnvelopeError) {
        guard EnvelopeReader.hasMagic(bytes) else { throw .truncated }
        var reader = try EnvelopeReader(bytes)
        var parts = AnnouncementParts()
        while let field = try reader.next(in: bytes) {
            try parts.take(field, in: bytes)
        }
        self = try parts.announcement()
    }
}

/// The fields of an announcement while they are read.
private struct AnnouncementParts {
    private var origin: BusOrigin?
    private var room: RoomName?
    private var reaches: [BusTail] = []
    private var tails: [BusAnnouncement.RoomTail] = []
    private var away: UInt64?
    private var number: UInt64?
    private var answered: [BusQuestion] = []

    mutating func take(_ field: EnvelopeReader.Field, in bytes: Span<UInt8>) throws(EnvelopeError) {
        let value = bytes.extracting(field.range)
        switch field.tag {
        case .origin?:
            try field.demand(self.origin == nil, bytes: 16)
            self.origin = BusOrigin(high: value.word(at: 0), low: value.word(at: 8))
        case .room?:
            try field.demand(self.room == nil)
            self.room = try? RoomName(value)
            guard self.room != nil else { throw .badField(.room) }
        case .reach?:
            try field.demand(bytes: 40)
            let began = BusTime(nanoseconds: value.word(at: 8), error: value.word(at: 16))
            self.reaches.append(try Self.tail(BusEpoch(id: value.word(at: 0), began: began), value, at: 24, .reach))
        case .tail?:
            guard value.count > 24, let room = try? RoomName(value.extracting(24...)) else { throw .badField(.tail) }
            let tail = try Self.tail(BusEpoch(id: value.word(at: 0), began: nil), value, at: 8, .tail)
            self.tails.append(BusAnnouncement.RoomTail(room: room, tail: tail))
        case .recall?:
            try field.demand(self.away == nil, bytes: 8)
            self.away = value.word(at: 0)
        case .recallNumber?:
            try field.demand(self.number == nil, bytes: 8)
            self.number = value.word(at: 0)
        case .recallAnswer?:
            try field.demand(bytes: 24)
            let asker = BusOrigin(high: value.word(at: 0), low: value.word(at: 8))
            self.answered.append(BusQuestion(asker: asker, number: value.word(at: 16)))
        default:
            break
        }
    }

    private static func tail(
        _ epoch: BusEpoch,
        _ value: Span<UInt8>,
        at offset: Int,
        _ tag: EnvelopeTag
    ) throws(EnvelopeError) -> BusTail {
        let (accepted, sent) = (value.word(at: offset), value.word(at: offset + 8))
        guard accepted <= sent, sent > 0 else { throw .badField(tag) }
        return BusTail(epoch: epoch, accepted: accepted, sent: sent)
    }

    func announcement() throws(EnvelopeError) -> BusAnnouncement {
        guard let origin = self.origin else { throw .missingField(.origin) }
        var tails = self.tails
        if !self.reaches.isEmpty {
            guard let room = self.room else { throw .missingField(.room) }
            tails += self.reaches.map { BusAnnouncement.RoomTail(room: room, tail: $0) }
        }
        return BusAnnouncement(
            origin: origin,
            tails: tails,
            recall: self.away.map { BusAnnouncement.Recall(awayMilliseconds: $0, number: self.number) },
            answered: self.answered
        )
    }
}
