/// The bytes of a message, without its signature.
extension FleetMessage {
    /// The numbers of the kinds on the wire; independent of the order of the cases.
    private enum Kind: UInt8 {
        case heartbeat = 1
        case question = 2
        case answer = 3
        case goodbye = 4
    }

    func encoded(flags: EnvelopeFlags) -> [UInt8] {
        var writer = EnvelopeWriter(flags: flags, bytes: [])
        writer.append(.fleetKind, byte: self.kind.rawValue)
        writer.append(.origin, [self.origin.high, self.origin.low])
        writer.append(.instance, text: self.instance)
        writer.append(.nonce, [self.nonce.high, self.nonce.low])
        writer.append(.sentAt, [self.sentAt])
        var payload: [UInt8] = []
        switch self.content {
        case .heartbeat(let heartbeat):
            writer.append(.build, text: heartbeat.build)
            if let clock = heartbeat.clock {
                writer.append(.clock, [UInt64(bitPattern: clock.offset), clock.error])
            }
        case .question(let subject, let body):
            writer.append(.subject, text: subject)
            payload = body
        case .answer(let question, let reply):
            writer.append(.question, [question.high, question.low])
            switch reply {
            case .answered(let body): payload = body
            case .refused(let reason): writer.append(.refusal, byte: reason.rawValue)
            }
        case .goodbye:
            break
        }
        writer.append(payload: payload)
        return writer.bytes
    }

    private var kind: Kind {
        switch self.content {
        case .heartbeat: .heartbeat
        case .question: .question
        case .answer: .answer
        case .goodbye: .goodbye
        }
    }

    /// Reads a message after its signature, if any, has been removed.
    ///
    /// - Throws: For anything but one complete message with every field that its kind requires.
    init(reading bytes: Span<UInt8>) throws(EnvelopeError) {
        guard EnvelopeReader.hasMagic(bytes) else { throw .truncated }
        var reader = try EnvelopeReader(bytes)
        var parts = Parts()
        while let field = try reader.next(in: bytes) {
            guard let tag = field.tag else { continue }
            try parts.take(tag, bytes.extracting(field.range))
        }
        let body = [UInt8](copying: bytes.extracting(reader.offset...))
        self.init(
            origin: try Self.demand(parts.origin, .origin),
            instance: try Self.demand(parts.instance, .instance),
            nonce: try Self.demand(parts.nonce, .nonce),
            sentAt: try Self.demand(parts.sentAt, .sentAt),
            content: try parts.content(body)
        )
    }

    private static func demand<Value>(_ value: Value?, _ tag: EnvelopeTag) throws(EnvelopeError) -> Value {
        guard let value else { throw .missingField(tag) }
        return value
    }

    /// The fields of a message while they are read.
    private struct Parts {
        var seen: Set<EnvelopeTag> = []
        var kind: Kind?
        var origin: BusOrigin?
        var instance: String?
        var nonce: FleetNonce?
        var sentAt: UInt64?
        var subject: String?
        var question: FleetNonce?
        var refusal: FleetRefusal?
        var build: String?
        var clock: FleetClockReading?

        mutating func take(_ tag: EnvelopeTag, _ value: Span<UInt8>) throws(EnvelopeError) {
            guard self.seen.insert(tag).inserted else { throw .repeatedField(tag) }
            switch tag {
            case .fleetKind:
                guard value.count == 1, let kind = Kind(rawValue: value[0]) else { throw .badField(tag) }
                self.kind = kind
            case .origin:
                let (high, low) = try Self.pair(value, tag)
                self.origin = BusOrigin(high: high, low: low)
            case .instance:
                self.instance = try Self.text(value, tag, atMost: FleetMessage.maximumNameBytes)
            case .nonce:
                let (high, low) = try Self.pair(value, tag)
                self.nonce = FleetNonce(high: high, low: low)
            case .sentAt:
                guard value.count == 8 else { throw .badField(tag) }
                self.sentAt = value.word(at: 0)
            case .subject:
                self.subject = try Self.text(value, tag, atMost: 64)
            case .question:
                let (high, low) = try Self.pair(value, tag)
                self.question = FleetNonce(high: high, low: low)
            case .refusal:
                guard value.count == 1 else { throw .badField(tag) }
                // A reason from a later build is still a refusal.
                self.refusal = FleetRefusal(rawValue: value[0]) ?? .failed
            case .build:
                self.build = try Self.text(value, tag, atMost: FleetMessage.maximumBuildBytes)
            case .clock:
                let (offset, error) = try Self.pair(value, tag)
                self.clock = FleetClockReading(offset: Int64(bitPattern: offset), error: error)
            default:
                throw .badField(tag)
            }
        }

        func content(_ body: [UInt8]) throws(EnvelopeError) -> Content {
            switch try FleetMessage.demand(self.kind, .fleetKind) {
            case .heartbeat:
                let build = try FleetMessage.demand(self.build, .build)
                return .heartbeat(FleetHeartbeat(build: build, clock: self.clock))
            case .question:
                return .question(subject: try FleetMessage.demand(self.subject, .subject), body: body)
            case .answer:
                let question = try FleetMessage.demand(self.question, .question)
                return .answer(to: question, self.refusal.map { .refused($0) } ?? .answered(body))
            case .goodbye:
                return .goodbye
            }
        }

        private static func pair(
            _ value: Span<UInt8>,
            _ tag: EnvelopeTag
        ) throws(EnvelopeError) -> (UInt64, UInt64) {
            guard value.count == 16 else { throw .badField(tag) }
            return (value.word(at: 0), value.word(at: 8))
        }

        /// Used in label values and log lines, so no control characters.
        private static func text(
            _ value: Span<UInt8>,
            _ tag: EnvelopeTag,
            atMost limit: Int
        ) throws(EnvelopeError) -> String {
            guard (1...limit).contains(value.count), let valid = try? UTF8Span(validating: value) else {
                throw .badField(tag)
            }
            let text = String(copying: valid)
            guard FleetMessage.isPlain(text) else { throw .badField(tag) }
            return text
        }
    }

    /// Without control characters.
    static func isPlain(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
    }

    /// A name that is allowed in messages, whatever the host is called: at most this many bytes.
    static func fit(_ name: String, atMost limit: Int) -> String {
        var fit = ""
        for scalar in name.unicodeScalars {
            let next = Self.isPlain(String(scalar)) ? String(scalar) : "-"
            guard fit.utf8.count + next.utf8.count <= limit else { break }
            fit += next
        }
        return fit.isEmpty ? "-" : fit
    }
}
