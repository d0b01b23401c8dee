/// The declared type of a payload's bytes.
package enum PayloadKind: UInt8, Sendable, CaseIterable {
    /// UTF-8 of no declared type.
    case text
    /// One JSON value, declared as such: native `data`.
    case json
    case binary
}

/// The connection and event loop that published; only meaningful in the process that made it.
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
    package private(set) var kind: PayloadKind
    /// The published bytes, unchanged.
    package let payload: [UInt8]
    /// The publisher; `nil` if another Redis client published.
    package let from: UserID?
    /// Set while the message is in its publisher's process.
    package let sender: SenderReference?
    /// The publisher asked not to get its own message.
    package let excludesSender: Bool
    /// Nanoseconds since 1970 when the first instance accepted it.
    package let acceptedAt: UInt64
    /// Nanoseconds since 1970 when that instance handed it to the broker; `nil` if another Redis client published
    /// it, or there is no broker in between.
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
    /// The same message with its payload declared as something else.
    package func declared(_ kind: PayloadKind) -> Message {
        var message = self
        message.kind = kind
        return message
    }
}
