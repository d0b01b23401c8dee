package import Instruments

/// Tells from the stamps of what arrives what was lost on the bus and what came twice.
///
/// Per origin and room there is a baseline: the last number that is accounted for. It is taken from the first message
/// or announcement after the room's subscription was confirmed, kept while the connection is lost and made again, and
/// forgotten with the room. So a hole was published while this instance was, or ought to have been, subscribed. A new
/// epoch of an origin has a baseline of its own; the one before is kept beside it, since the last announcement of an
/// epoch may come behind the first message of the next.
package struct BusSequenceReceiver: Sendable {
    package enum Verdict: Equatable, Sendable {
        /// To be delivered; `missing` messages before it never came.
        case next(missing: UInt64)
        /// Not to be delivered: its number, or a later one, is accounted for already.
        ///
        /// One connection cannot bring a message late, so a number that was counted as missing and comes after all is
        /// treated as repeated: the order of a room is never broken.
        case repeated
    }

    /// A hole wider than this is no loss but a broken or foreign counter, and only moves the baseline.
    package static let widestHole: UInt64 = 1 << 32

    private let limits: BusSequenceLimits
    private var rooms: [RoomName: [BusOrigin: Baseline]] = [:]
    /// Pairs of origin and room that are followed.
    package private(set) var followed = 0

    package init(limits: BusSequenceLimits = BusSequenceLimits()) {
        self.limits = limits
    }

    /// The room's subscription was confirmed, for the first time or once more after the connection was lost.
    package mutating func confirmed(_ room: RoomName) {
        if self.rooms[room] == nil {
            self.rooms[room] = [:]
        }
    }

    /// This instance needs the room no longer.
    package mutating func forget(_ room: RoomName) {
        self.followed -= self.rooms.removeValue(forKey: room)?.count ?? 0
    }

    /// Judges a message in the order in which it came.
    package mutating func judge(_ stamp: BusStamp, in room: RoomName, at now: Instant) -> Verdict {
        let known = self.advance(stamp.origin, in: room, stamp.epoch, to: stamp.number, from: stamp.number, at: now)
        guard let last = known else { return .next(missing: 0) }
        guard stamp.number > last else { return .repeated }
        return .next(missing: Self.hole(stamp.number - last - 1))
    }

    /// Takes an origin's announcement of how far it has come in a room.
    ///
    /// - Returns: How many messages were published and never came.
    package mutating func heard(_ tail: BusTail, of origin: BusOrigin, at now: Instant) -> UInt64 {
        let known = self.advance(origin, in: tail.room, tail.epoch, to: tail.accepted, from: tail.sent, at: now)
        guard let last = known, tail.accepted > last else { return 0 }
        return Self.hole(tail.accepted - last)
    }

    /// Forgets baselines that no origin can still continue: an origin begins a new epoch after half that time.
    package mutating func forgetIdle(at now: Instant) {
        let oldest = self.limits.idle * 2
        for (room, baselines) in self.rooms where baselines.values.contains(where: { now - $0.heardAt >= oldest }) {
            let kept = baselines.filter { now - $0.value.heardAt < oldest }
            self.followed -= baselines.count - kept.count
            self.rooms[room] = kept
        }
    }

    /// Moves a baseline up to `number`, or begins one at `start`.
    ///
    /// - Returns: Where it stood before; `nil` where this is the first that is heard.
    private mutating func advance(
        _ origin: BusOrigin,
        in room: RoomName,
        _ epoch: UInt64,
        to number: UInt64,
        from start: UInt64,
        at now: Instant
    ) -> UInt64? {
        guard self.rooms[room] != nil else { return nil }
        guard var baseline = self.rooms[room]?[origin] else {
            if self.followed < self.limits.followed {
                self.followed += 1
                let newest = Baseline.Line(epoch: epoch, last: start)
                self.rooms[room]?[origin] = Baseline(newest: newest, before: nil, heardAt: now)
            }
            return nil
        }
        let last = baseline.advance(epoch, to: number, from: start)
        baseline.heardAt = now
        self.rooms[room]?[origin] = baseline
        return last
    }

    private static func hole(_ missing: UInt64) -> UInt64 {
        missing <= self.widestHole ? missing : 0
    }
}

/// What is accounted for of one origin in one room, in its two newest epochs.
private struct Baseline {
    struct Line {
        let epoch: UInt64
        var last: UInt64

        mutating func advance(to number: UInt64) -> UInt64 {
            defer { self.last = max(self.last, number) }
            return self.last
        }
    }

    var newest: Line
    var before: Line?
    var heardAt: Instant

    mutating func advance(_ epoch: UInt64, to number: UInt64, from start: UInt64) -> UInt64? {
        if epoch == self.newest.epoch {
            return self.newest.advance(to: number)
        }
        if epoch == self.before?.epoch {
            return self.before?.advance(to: number)
        }
        self.before = self.newest
        self.newest = Line(epoch: epoch, last: start)
        return nil
    }
}
