/// What an instance says to the others on the inner channel of announcements.
package struct BusAnnouncement: Equatable, Sendable {
    package let origin: BusOrigin
    package let tails: [BusTail]
    /// The sender's subscription was away for so long, in milliseconds, and it asks for what was announced meanwhile.
    package let recallMilliseconds: UInt64?

    package init(origin: BusOrigin, tails: [BusTail], recallMilliseconds: UInt64? = nil) {
        self.origin = origin
        self.tails = tails
        self.recallMilliseconds = recallMilliseconds
    }

    /// As many tails as one announcement may carry, so that its fields stay within their bound.
    package static let maximumTails = 256

    package var encoded: [UInt8] {
        var writer = EnvelopeWriter(flags: [], bytes: [])
        writer.append(.origin, [self.origin.high, self.origin.low])
        for tail in self.tails {
            writer.append(.tail, [tail.epoch, tail.accepted, tail.sent], text: tail.room.text)
        }
        if let away = self.recallMilliseconds {
            writer.append(.recall, [away])
        }
        writer.append(payload: [])
        return writer.bytes
    }

    package init(_ bytes: Span<UInt8>) throws(EnvelopeError) {
        guard EnvelopeReader.hasMagic(bytes) else { throw .truncated }
        var reader = try EnvelopeReader(bytes)
        var origin: BusOrigin?
        var tails: [BusTail] = []
        var recall: UInt64?
        while let field = try reader.next(in: bytes) {
            let value = bytes.extracting(field.range)
            switch field.tag {
            case .origin?:
                guard origin == nil else { throw .repeatedField(.origin) }
                guard value.count == 16 else { throw .badField(.origin) }
                origin = BusOrigin(high: value.word(at: 0), low: value.word(at: 8))
            case .tail?:
                guard value.count > 24, let room = try? RoomName(value.extracting(24...)) else {
                    throw .badField(.tail)
                }
                let (accepted, sent) = (value.word(at: 8), value.word(at: 16))
                guard accepted <= sent, sent > 0 else { throw .badField(.tail) }
                tails.append(BusTail(room: room, epoch: value.word(at: 0), accepted: accepted, sent: sent))
            case .recall?:
                guard recall == nil else { throw .repeatedField(.recall) }
                guard value.count == 8 else { throw .badField(.recall) }
                recall = value.word(at: 0)
            default:
                continue
            }
        }
        guard let origin else { throw .missingField(.origin) }
        self.init(origin: origin, tails: tails, recallMilliseconds: recall)
    }
}
