import Instruments

/// What has passed through one room on one event loop, and how fast lately.
///
/// Plain numbers, one addition each a message, whatever the number of members. The rates are over the last 10 to 20
/// seconds: since the older of two marks, which the loop sets every 10 seconds.
package struct RoomTraffic: Sendable {
    private struct Mark {
        let messages: UInt64
        let bytes: UInt64
        let at: Instant
    }

    static let markInterval = Duration.seconds(10)

    private(set) var messages: UInt64 = 0
    /// Of payloads, each message counted once.
    private(set) var bytes: UInt64 = 0
    private var newer: Mark
    private var older: Mark

    init(openedAt now: Instant) {
        self.newer = Mark(messages: 0, bytes: 0, at: now)
        self.older = self.newer
    }

    mutating func add(bytes: Int) {
        self.messages &+= 1
        self.bytes &+= UInt64(bytes)
    }

    /// Does nothing if the last mark is too fresh: a room may be met twice in one round.
    mutating func mark(at now: Instant) {
        guard now - self.newer.at >= Self.markInterval / 2 else { return }
        self.older = self.newer
        self.newer = Mark(messages: self.messages, bytes: self.bytes, at: now)
    }

    func rates(at now: Instant) -> RoomRates {
        // In the first second of a room, whatever came counts as that second's.
        let seconds = max(1, (now - self.older.at) / .seconds(1))
        return RoomRates(
            messagesPerSecond: Double(self.messages - self.older.messages) / seconds,
            bytesPerSecond: Double(self.bytes - self.older.bytes) / seconds
        )
    }
}

/// How fast messages pass through a room, whatever the number of its members.
package struct RoomRates: Sendable, Equatable {
    package var messagesPerSecond: Double
    package var bytesPerSecond: Double
}
