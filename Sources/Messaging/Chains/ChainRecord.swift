/// What every instance can learn about a connection that has been given a resume token.
package struct ChainRecord: Hashable, Sendable {
    package let connection: ConnectionID
    /// The instance it is or was on: its name, and the process.
    package let instance: String
    package let origin: BusOrigin
    /// The place in the chain: 0 for a first connection.
    package let place: Int
    /// An anonymous connection's user, whom whoever resumes it becomes; `nil` for a named user.
    package let user: UserID?
    /// How long after its end it can be resumed, in whole milliseconds.
    package let window: Duration

    package init(
        connection: ConnectionID,
        instance: String,
        origin: BusOrigin,
        place: Int,
        user: UserID?,
        window: Duration
    ) {
        self.connection = connection
        self.instance = FleetMessage.fit(instance, atMost: FleetMessage.maximumNameBytes)
        self.origin = origin
        self.place = min(max(place, 0), Int(UInt32.max) - 1)
        self.user = user
        self.window = window
    }
}

/// The bytes of a record: an envelope without a payload.
extension ChainRecord {
    package var encoded: [UInt8] {
        var writer = EnvelopeWriter(flags: [], bytes: [])
        writer.append(.connection, [self.connection.ulid.high, self.connection.ulid.low])
        writer.append(.origin, [self.origin.high, self.origin.low])
        writer.append(.instance, text: self.instance)
        writer.append(.place, [UInt64(clamping: self.place)])
        writer.append(.window, [Self.milliseconds(self.window)])
        if let user = self.user {
            writer.append(.user, text: user.text)
        }
        writer.append(payload: [])
        return writer.bytes
    }

    private static func milliseconds(_ duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        return UInt64(clamping: seconds) &* 1000 &+ UInt64(clamping: attoseconds) / 1_000_000_000_000_000
    }

    /// - Throws: For anything but one complete record with every required field.
    package init(reading bytes: Span<UInt8>) throws(EnvelopeError) {
        guard EnvelopeReader.hasMagic(bytes) else { throw .truncated }
        var reader = try EnvelopeReader(bytes)
        var parts = Parts()
        while let field = try reader.next(in: bytes) {
            try parts.take(field, bytes.extracting(field.range))
        }
        self = try parts.record()
    }

    /// The fields of a record while they are read.
    private struct Parts {
        var connection: ConnectionID?
        var origin: BusOrigin?
        var instance: String?
        var place: UInt32?
        var window: Duration?
        var user: UserID?

        mutating func take(_ field: EnvelopeReader.Field, _ value: Span<UInt8>) throws(EnvelopeError) {
            guard let tag = field.tag else { return }
            switch tag {
            case .connection:
                try field.demand(self.connection == nil, bytes: 16)
                self.connection = ConnectionID(ULID(high: value.word(at: 0), low: value.word(at: 8)))
            case .origin:
                try field.demand(self.origin == nil, bytes: 16)
                self.origin = BusOrigin(high: value.word(at: 0), low: value.word(at: 8))
            case .instance:
                try field.demand(self.instance == nil)
                self.instance = Self.name(value)
                guard self.instance != nil else { throw .badField(tag) }
            case .place:
                try field.demand(self.place == nil, bytes: 8)
                self.place = UInt32(exactly: value.word(at: 0))
                guard self.place != nil else { throw .badField(tag) }
            case .window:
                try field.demand(self.window == nil, bytes: 8)
                // A year is more than any window.
                guard (1...31_622_400_000).contains(value.word(at: 0)) else { throw .badField(tag) }
                self.window = .milliseconds(Int64(value.word(at: 0)))
            case .user:
                try field.demand(self.user == nil)
                self.user = UserID(value)
                guard self.user != nil else { throw .badField(tag) }
            default:
                throw .badField(tag)
            }
        }

        private static func name(_ value: Span<UInt8>) -> String? {
            guard (1...FleetMessage.maximumNameBytes).contains(value.count),
                let valid = try? UTF8Span(validating: value)
            else { return nil }
            let text = String(copying: valid)
            return FleetMessage.isPlain(text) ? text : nil
        }

        func record() throws(EnvelopeError) -> ChainRecord {
            guard let connection = self.connection else { throw .missingField(.connection) }
            guard let origin = self.origin else { throw .missingField(.origin) }
            guard let instance = self.instance else { throw .missingField(.instance) }
            guard let place = self.place else { throw .missingField(.place) }
            guard let window = self.window else { throw .missingField(.window) }
            return ChainRecord(
                connection: connection,
                instance: instance,
                origin: origin,
                place: Int(place),
                user: self.user,
                window: window
            )
        }
    }
}
