/// One message as it crosses a broker: the message and its place in the sequence.
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
    /// - Parameter publishedAt: Nanoseconds since 1970 now that the message is handed to the broker.
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
        writer.append(.epoch, [stamp.epoch])
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

    /// Whether these bytes are, or claim to be, an envelope; anything else is a payload as it is.
    package static func isOne(_ bytes: Span<UInt8>) -> Bool {
        EnvelopeReader.hasMagic(bytes)
    }

    /// Reads one message.
    ///
    /// - Parameter home: This process: what refers to a connection of another one is left out.
    /// - Throws: For anything but one whole envelope with every field that a message needs.
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
            try self.demand(self.id == nil, field, is: 16)
            self.id = MessageID(ULID(high: value.word(at: 0), low: value.word(at: 8)))
        case .origin:
            try self.demand(self.origin == nil, field, is: 16)
            self.origin = BusOrigin(high: value.word(at: 0), low: value.word(at: 8))
        case .sequence:
            try self.demand(self.number == nil, field, is: 8)
            self.number = value.word(at: 0)
        case .epoch:
            try self.demand(self.epoch == nil, field, is: 8)
            self.epoch = value.word(at: 0)
        case .room:
            try self.demand(self.room == nil, field)
            self.room = try? RoomName(value)
            guard self.room != nil else { throw .badField(tag) }
        case .user:
            try self.demand(self.user == nil, field)
            self.user = UserID(value)
            guard self.user != nil else { throw .badField(tag) }
        case .kind:
            try self.demand(self.kind == nil, field, is: 1)
            self.kind = PayloadKind(wireValue: value[0])
            guard self.kind != nil else { throw .badField(tag) }
        case .acceptedAt:
            try self.demand(self.acceptedAt == nil, field, is: 8)
            self.acceptedAt = value.word(at: 0)
        case .publishedAt:
            try self.demand(self.publishedAt == nil, field, is: 8)
            self.publishedAt = value.word(at: 0)
        case .trace:
            try self.demand(self.trace == nil, field, is: 25)
            self.trace = TraceContext(
                traceHigh: value.word(at: 0),
                traceLow: value.word(at: 8),
                span: value.word(at: 16),
                flags: value[24]
            )
        case .sender:
            try self.demand(self.sender == nil, field, is: 16)
            guard let loop = UInt16(exactly: value.word(at: 0)) else { throw .badField(tag) }
            self.sender = SenderReference(loop: loop, connection: value.word(at: 8))
        case .tail, .recall, .fleetKind, .instance, .nonce, .sentAt, .subject, .question, .refusal, .build, .clock:
            throw .badField(tag)
        }
    }

    /// A field stands once, and has the size it must have.
    private func demand(
        _ isFirst: Bool,
        _ field: EnvelopeReader.Field,
        is count: Int? = nil
    ) throws(EnvelopeError) {
        guard let tag = field.tag else { return }
        guard isFirst else { throw .repeatedField(tag) }
        guard count == nil || field.range.count == count else { throw .badField(tag) }
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
            stamp: BusStamp(origin: origin, epoch: epoch, number: number)
        )
    }
}

extension PayloadKind {
    /// As it stands in an envelope; independent of the order of the cases.
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
    fileprivate init?(_ bytes: Span<UInt8>) {
        guard let text = try? UTF8Span(validating: bytes), let user = try? UserID(String(copying: text)) else {
            return nil
        }
        self = user
    }
}
