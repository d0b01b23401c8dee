/// One message as it crosses a broker, with its place in the sequence.
///
/// `docs/wire-format.md` describes it byte by byte.
package struct Envelope: Sendable {
    package let message: Message
    package let stamp: BusStamp

    package init(message: Message, stamp: BusStamp) {
        self.message = message
        self.stamp = stamp
    }

    /// Appends the encoded message.
    ///
    /// - Parameter publishedAt: Nanoseconds since 1970 on the shared clock, when the message is handed to the broker.
    package static func append(
        _ message: Message,
        stamp: BusStamp,
        publishedAt: UInt64,
        to bytes: inout [UInt8]
    ) {
        bytes.reserveCapacity(bytes.count + message.payload.count + 512)
        let flags: EnvelopeFlags = message.excludesSender ? .excludesSender : []
        var writer = EnvelopeWriter(flags: flags, bytes: exchange(&bytes, with: []))
        writer.append(.messageID, [message.id.ulid.high, message.id.ulid.low])
        writer.append(.origin, [stamp.origin.high, stamp.origin.low])
        writer.append(.sequence, [stamp.number])
        writer.append(.epoch, [stamp.epoch.id])
        if let began = stamp.epoch.began {
            writer.append(.began, [began.nanoseconds, began.error])
        }
        writer.append(.room, text: message.room.text)
        if let user = message.from {
            writer.append(.user, text: user.text)
        }
        writer.append(.kind, byte: message.kind.wireValue)
        writer.append(.acceptedAt, [message.acceptedAt])
        writer.append(.publishedAt, [publishedAt])
        if let trace = message.trace {
            writer.append(.trace, [trace.traceHigh, trace.traceLow, trace.span], then: trace.flags)
        }
        if let sender = message.sender {
            writer.append(.sender, [UInt64(sender.loop), sender.connection])
        }
        writer.append(payload: message.payload)
        bytes = writer.bytes
    }

    /// Whether these bytes are, or claim to be, an envelope; anything else is a plain payload.
    package static func isOne(_ bytes: Span<UInt8>) -> Bool {
        EnvelopeReader.hasMagic(bytes)
    }

    /// Reads one message.
    ///
    /// - Parameter home: This process; references to connections of another process are left out.
    /// - Throws: For anything but one complete envelope with every field that a message needs.
    package static func decode(_ bytes: Span<UInt8>, home: BusOrigin) throws(EnvelopeError) -> Envelope {
        var reader = try EnvelopeReader(bytes)
        var parts = Parts()
        while let field = try reader.next(in: bytes) {
            try parts.take(field, reader: reader, in: bytes)
        }
        let payload = [UInt8](copying: bytes.extracting(reader.offset...))
        return try parts.envelope(payload: payload, flags: reader.flags, home: home)
    }
}

/// The fields of a message while they are read.
private struct Parts {
    var id: MessageID?
    var origin: BusOrigin?
    var number: UInt64?
    var epoch: UInt64?
    var began: BusTime?
    var room: RoomName?
    var user: UserID?
    var kind: PayloadKind?
    var acceptedAt: UInt64?
    var publishedAt: UInt64?
    var trace: TraceContext?
    var sender: SenderReference?

    mutating func take(
        _ field: EnvelopeReader.Field,
        reader: EnvelopeReader,
        in bytes: Span<UInt8>
    ) throws(EnvelopeError) {
        guard let tag = field.tag else { return }
        let value = bytes.extracting(field.range)
        switch tag {
        case .messageID:
            try field.demand(self.id == nil, bytes: 16)
            self.id = MessageID(ULID(high: value.word(at: 0), low: value.word(at: 8)))
        case .origin:
            try field.demand(self.origin == nil, bytes: 16)
            self.origin = BusOrigin(high: value.word(at: 0), low: value.word(at: 8))
        case .sequence:
            try field.demand(self.number == nil, bytes: 8)
            self.number = value.word(at: 0)
        case .epoch:
            try field.demand(self.epoch == nil, bytes: 8)
            self.epoch = value.word(at: 0)
        case .room:
            try field.demand(self.room == nil)
            self.room = try? RoomName(value)
            guard self.room != nil else { throw .badField(tag) }
        case .user:
            try field.demand(self.user == nil)
            self.user = UserID(value)
            guard self.user != nil else { throw .badField(tag) }
        case .kind:
            try field.demand(self.kind == nil, bytes: 1)
            self.kind = PayloadKind(wireValue: value[0])
            guard self.kind != nil else { throw .badField(tag) }
        case .acceptedAt:
            try field.demand(self.acceptedAt == nil, bytes: 8)
            self.acceptedAt = value.word(at: 0)
        case .publishedAt:
            try field.demand(self.publishedAt == nil, bytes: 8)
            self.publishedAt = value.word(at: 0)
        case .trace:
            try field.demand(self.trace == nil, bytes: 25)
            self.trace = TraceContext(
                traceHigh: value.word(at: 0),
                traceLow: value.word(at: 8),
                span: value.word(at: 16),
                flags: value[24]
            )
        case .sender:
            try field.demand(self.sender == nil, bytes: 16)
            guard let loop = UInt16(exactly: value.word(at: 0)) else { throw .badField(tag) }
            self.sender = SenderReference(loop: loop, connection: value.word(at: 8))
        case .began:
            try field.demand(self.began == nil, bytes: 16)
            self.began = BusTime(nanoseconds: value.word(at: 0), error: value.word(at: 8))
        case .tail, .recall, .reach, .recallNumber, .recallAnswer, .fleetKind, .instance, .nonce, .sentAt, .subject,
            .question, .refusal, .build, .clock, .connection, .place, .window:
            throw .badField(tag)
        }
    }

    func envelope(payload: [UInt8], flags: EnvelopeFlags, home: BusOrigin) throws(EnvelopeError) -> Envelope {
        guard let id = self.id else { throw .missingField(.messageID) }
        guard let origin = self.origin else { throw .missingField(.origin) }
        guard let number = self.number else { throw .missingField(.sequence) }
        guard number > 0 else { throw .badField(.sequence) }
        guard let epoch = self.epoch else { throw .missingField(.epoch) }
        guard let room = self.room else { throw .missingField(.room) }
        guard let kind = self.kind else { throw .missingField(.kind) }
        guard let acceptedAt = self.acceptedAt else { throw .missingField(.acceptedAt) }
        return Envelope(
            message: Message(
                id: id,
                room: room,
                kind: kind,
                payload: payload,
                from: self.user,
                sender: origin == home ? self.sender : nil,
                excludesSender: flags.contains(.excludesSender),
                acceptedAt: acceptedAt,
                publishedAt: self.publishedAt,
                trace: self.trace
            ),
            stamp: BusStamp(origin: origin, epoch: BusEpoch(id: epoch, began: self.began), number: number)
        )
    }
}

extension PayloadKind {
    /// The number used in an envelope; independent of the order of the cases.
    fileprivate var wireValue: UInt8 {
        switch self {
        case .text: 0
        case .json: 1
        case .binary: 2
        }
    }

    fileprivate init?(wireValue: UInt8) {
        switch wireValue {
        case 0: self = .text
        case 1: self = .json
        case 2: self = .binary
        default: return nil
        }
    }
}

extension UserID {
    init?(_ bytes: Span<UInt8>) {
        guard let text = try? UTF8Span(validating: bytes), let user = try? UserID(String(copying: text)) else {
            return nil
        }
        self = user
    }
}
