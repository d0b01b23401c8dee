/// What the bytes of a payload are, as far as anybody has said.
package enum PayloadKind: UInt8, Sendable, CaseIterable {
    /// UTF-8 of no declared type.
    case text
    /// One JSON value, declared as such: native `data`.
    case json
    case binary
}

/// Which connection of which event loop published; means something only in the process that made it.
package struct SenderReference: Hashable, Sendable {
    package let loop: UInt16
    /// A connection handle's bits.
    package let connection: UInt64

    package init(loop: UInt16, connection: UInt64) {
        self.loop = loop
        self.connection = connection
    }
}

/// One message of a room, as it is delivered on every instance.
package struct Message: Sendable {
    package let id: MessageID
    package let room: RoomName
    package let kind: PayloadKind
    /// Byte for byte what was published.
    package let payload: [UInt8]
    /// Who published; `nil` where a stranger to the gateway did.
    package let from: UserID?
    /// Set while the message is in the process of its publisher.
    package let sender: SenderReference?
    /// The publisher asked not to get its own message.
    package let excludesSender: Bool
    /// Nanoseconds since 1970 when the first instance accepted it.
    package let acceptedAt: UInt64
    /// Nanoseconds since 1970 when that instance handed it to the broker; `nil` where a stranger published it, or none
    /// was in between.
    package let publishedAt: UInt64?
    package let trace: TraceContext?

    package init(
        id: MessageID,
        room: RoomName,
        kind: PayloadKind,
        payload: [UInt8],
        from: UserID?,
        sender: SenderReference? = nil,
        excludesSender: Bool = false,
        acceptedAt: UInt64,
        publishedAt: UInt64? = nil,
        trace: TraceContext? = nil
    ) {
        self.id = id
        self.room = room
        self.kind = kind
        self.payload = payload
        self.from = from
        self.sender = sender
        self.excludesSender = excludesSender
        self.acceptedAt = acceptedAt
        self.publishedAt = publishedAt
        self.trace = trace
    }
}
