import Instruments
import Messaging

/// Counts what should not have come from Redis, and logs it now and then.
final class RedisComplaints {
    private let tally: RedisTally
    private let log: EventLog
    private var gaps = LineLimit()
    private var duplicates = LineLimit()
    private var lates = LineLimit()

    init(tally: RedisTally, log: EventLog) {
        self.tally = tally
        self.log = log
    }

    /// Messages were published but never came; 0 is not reported.
    func missing(_ count: UInt64, in room: RoomName, at now: Instant) {
        guard count > 0 else { return }
        self.tally.counts.gapMessages = self.tally.counts.gapMessages.addingSaturating(count)
        if let count = self.gaps.admit(count, at: now) {
            self.write(.gap, count, room)
        }
    }

    /// A message came a second time.
    func repeated(in room: RoomName, at now: Instant) {
        self.tally.counts.duplicates += 1
        if let count = self.duplicates.admit(at: now) {
            self.write(.duplicate, count, room)
        }
    }

    /// A message came after a newer one of its publisher.
    func late(in room: RoomName, at now: Instant) {
        if let count = self.lates.admit(at: now) {
            self.write(.late, count, room)
        }
    }

    /// Something claims to be ours but is not; `room` if it came on a room's channel.
    func unreadable(_ error: String, in room: RoomName?, at now: Instant) {
        self.tally.counts.errors += 1
        self.write(.unreadable, 1, room, error: error)
    }

    /// A message was declared JSON or text and is not.
    func mislabelled(in room: RoomName, at now: Instant) {
        self.tally.counts.errors += 1
        self.write(.mislabelled, 1, room)
    }

    /// Redis refused a command.
    ///
    /// - Parameter channel: The inner channel that it named.
    func refused(_ reply: RedisErrorReply, in room: RoomName? = nil, channel: String? = nil, at now: Instant) {
        self.tally.counts.errors += 1
        self.write(.refused, 1, room, error: (channel.map { "\($0): " } ?? "") + reply.description)
    }

    private func write(_ event: RedisEvent, _ count: UInt64, _ room: RoomName?, error: String? = nil) {
        var values: [(LogField, LogValue)] = [(.broker, .text("redis")), (.count, .integer(Int64(clamping: count)))]
        if let room {
            values.append((.room, .text(room.text)))
        }
        if let error {
            values.append((.error, .text(error)))
        }
        self.log.write(event, values)
    }
}

/// Lets a few lines through from time to time, each with the number of lines held back before it.
struct LineLimit {
    private static let interval = Duration.seconds(10)
    private let lines: Int
    private var left = 0
    private var nextAt: Instant?
    private var count: UInt64 = 0

    /// - Parameter lines: So many in ten seconds.
    init(lines: Int = 1) {
        self.lines = lines
    }

    /// - Returns: How many things happened since the last line; `nil`: no line now.
    mutating func admit(_ happened: UInt64 = 1, at now: Instant) -> UInt64? {
        self.count = self.count.addingSaturating(happened)
        if now >= self.nextAt ?? now {
            self.nextAt = now + Self.interval
            self.left = self.lines
        }
        guard self.left > 0 else { return nil }
        self.left -= 1
        defer { self.count = 0 }
        return self.count
    }
}

extension UInt64 {
    func addingSaturating(_ other: UInt64) -> UInt64 {
        let (sum, isOver) = self.addingReportingOverflow(other)
        return isOver ? .max : sum
    }
}

@available(*, unavailable) extension RedisComplaints: Sendable {}
