package import Instruments

/// Tells from the stamps of arriving messages what was lost on the bus, what came twice and what came late.
///
/// There is a baseline for each origin and room: the last number that is accounted for. It is taken from the first
/// message after the room's subscription was confirmed, kept when the connection is lost and made again, and forgotten
/// with the room. So a hole was published while this instance was, or should have been, subscribed. An epoch that began
/// after the subscription was confirmed is expected from its first number, whichever number comes first.
package struct BusSequenceReceiver: Sendable {
    package enum Verdict: Equatable, Sendable {
        /// Deliver it; `missing` messages before it never came.
        case next(missing: UInt64)
        /// Do not deliver it: its number, or a later one, is already accounted for.
        ///
        /// A number that was counted as missing but comes after all is treated as repeated: the order in a room is
        /// never broken.
        case repeated
        /// Do not deliver it: newer ones came first over another connection of its origin. Either it belongs to an
        /// epoch that is over, so its publisher was told that it may not have been published, or it will be sent again.
        case late
    }

    /// A hole wider than this is not a loss but a broken or foreign counter, and only moves the baseline.
    package static let widestHole: UInt64 = 1 << 32

    /// One room that is subscribed to.
    private struct Room {
        let confirmedAt: BusTime
        var baselines: [BusOrigin: Baseline] = [:]
    }

    private let limits: BusSequenceLimits
    private var rooms: [RoomName: Room] = [:]
    /// The number of pairs of origin and room that are followed.
    package private(set) var followed = 0

    package init(limits: BusSequenceLimits = BusSequenceLimits()) {
        self.limits = limits
    }

    /// The room's subscription was confirmed, for the first time or again after a lost connection.
    ///
    /// - Parameter time: On the clock that all instances share. Only the first time counts.
    package mutating func confirmed(_ room: RoomName, at time: BusTime) {
        if self.rooms[room] == nil {
            self.rooms[room] = Room(confirmedAt: time)
        }
    }

    /// This instance no longer needs the room.
    package mutating func forget(_ room: RoomName) {
        self.followed -= self.rooms.removeValue(forKey: room)?.baselines.count ?? 0
    }

    /// Judges a message; call it in order of arrival.
    ///
    /// - Parameter sentAt: On the clock that all instances share; `nil` if it is not given.
    package mutating func judge(
        _ stamp: BusStamp,
        sentAt: UInt64?,
        in room: RoomName,
        at now: Instant
    ) -> Verdict {
        guard let known = self.rooms[room] else { return .next(missing: 0) }
        let isFirm = !stamp.wasSent(at: sentAt, before: known.confirmedAt)
        guard var baseline = known.baselines[stamp.origin] else {
            let isOwed = known.confirmedAt.isCertainlyBefore(stamp.epoch)
            let line = Baseline.Line(epoch: stamp.epoch, last: stamp.number, isFirm: isFirm)
            self.follow(stamp.origin, in: room, line, at: now)
            return .next(missing: isOwed ? Self.hole(stamp.number - 1) : 0)
        }
        baseline.heardAt = now
        let verdict = baseline.judge(
            stamp,
            isFirm: isFirm,
            confirmedAt: known.confirmedAt,
            remembering: self.limits.epochs
        )
        self.rooms[room]?.baselines[stamp.origin] = baseline
        return verdict
    }

    /// Takes an origin's announcement of how far it has come in one epoch.
    ///
    /// - Returns: How many messages were published but never came.
    package mutating func heard(_ tail: BusTail, of origin: BusOrigin, in room: RoomName, at now: Instant) -> UInt64 {
        guard let known = self.rooms[room] else { return 0 }
        guard var baseline = known.baselines[origin] else {
            guard known.confirmedAt.isCertainlyBefore(tail.epoch) else { return 0 }
            self.follow(origin, in: room, Baseline.Line(owed: tail), at: now)
            return Self.hole(tail.accepted)
        }
        baseline.heardAt = now
        let missing = baseline.heard(tail, confirmedAt: known.confirmedAt, remembering: self.limits.epochs)
        self.rooms[room]?.baselines[origin] = baseline
        return missing
    }

    private mutating func follow(_ origin: BusOrigin, in room: RoomName, _ line: Baseline.Line, at now: Instant) {
        guard self.followed < self.limits.followed else { return }
        self.followed += 1
        self.rooms[room]?.baselines[origin] = Baseline(newest: line, heardAt: now)
    }

    /// Forgets baselines that no origin can continue any more: an origin starts a new epoch after half that time.
    package mutating func forgetIdle(at now: Instant) {
        let oldest = self.limits.idle * 2
        for (name, room) in self.rooms where room.baselines.values.contains(where: { now - $0.heardAt >= oldest }) {
            let kept = room.baselines.filter { now - $0.value.heardAt < oldest }
            self.followed -= room.baselines.count - kept.count
            self.rooms[name]?.baselines = kept
        }
    }

    fileprivate static func hole(_ missing: UInt64) -> UInt64 {
        missing <= self.widestHole ? missing : 0
    }
}

/// What is accounted for from one origin in one room, in its newest epoch and earlier ones.
private struct Baseline {
    struct Line {
        let epoch: BusEpoch
        var last: UInt64
        /// Whether all that follows had to come: not after a message that was sent before the subscription was there,
        /// and came out of what an old connection had left behind.
        var isFirm: Bool

        init(epoch: BusEpoch, last: UInt64, isFirm: Bool) {
            self.epoch = epoch
            self.last = last
            self.isFirm = isFirm
        }

        init(owed tail: BusTail) {
            self.init(epoch: tail.epoch, last: tail.accepted, isFirm: true)
        }

        mutating func advance(to number: UInt64, isFirm: Bool) -> UInt64 {
            defer {
                self.last = number
                self.isFirm = self.isFirm || isFirm
            }
            return self.isFirm ? BusSequenceReceiver.hole(number - self.last - 1) : 0
        }

        /// - Returns: How many up to that number did not come.
        mutating func heard(accepted number: UInt64) -> UInt64 {
            guard self.isFirm, number > self.last else { return 0 }
            defer { self.last = number }
            return BusSequenceReceiver.hole(number - self.last)
        }
    }

    var newest: Line
    /// The oldest first.
    var before: [Line] = []
    /// Nothing is known any more about epochs that began until then.
    var forgottenUntil: UInt64 = 0
    var heardAt: Instant

    init(newest: Line, heardAt: Instant) {
        self.newest = newest
        self.heardAt = heardAt
    }

    mutating func judge(
        _ stamp: BusStamp,
        isFirm: Bool,
        confirmedAt: BusTime,
        remembering most: Int
    ) -> BusSequenceReceiver.Verdict {
        if stamp.epoch.id == self.newest.epoch.id {
            guard stamp.number > self.newest.last else { return .repeated }
            // If it leaves a hole, the missing messages were sent again meanwhile, and so will this one be.
            guard isFirm || !self.newest.isFirm || stamp.number == self.newest.last + 1 else { return .late }
            return .next(missing: self.newest.advance(to: stamp.number, isFirm: isFirm))
        }
        if let line = self.before.first(where: { $0.epoch.id == stamp.epoch.id }) {
            return stamp.number > line.last ? .late : .repeated
        }
        guard !stamp.epoch.isOlder(than: self.newest.epoch) else { return .late }
        let isOwed = self.owes(stamp.epoch, confirmedAt: confirmedAt)
        self.begin(Line(epoch: stamp.epoch, last: stamp.number, isFirm: isOwed || isFirm), remembering: most)
        return .next(missing: isOwed ? BusSequenceReceiver.hole(stamp.number - 1) : 0)
    }

    mutating func heard(_ tail: BusTail, confirmedAt: BusTime, remembering most: Int) -> UInt64 {
        if tail.epoch.id == self.newest.epoch.id {
            return self.newest.heard(accepted: tail.accepted)
        }
        if let index = self.before.firstIndex(where: { $0.epoch.id == tail.epoch.id }) {
            return self.before[index].heard(accepted: tail.accepted)
        }
        guard self.owes(tail.epoch, confirmedAt: confirmedAt) else { return 0 }
        if tail.epoch.isOlder(than: self.newest.epoch) {
            let place = self.before.firstIndex { tail.epoch.isOlder(than: $0.epoch) } ?? self.before.count
            self.before.insert(Line(owed: tail), at: place)
            self.forget(remembering: most)
        } else {
            self.begin(Line(owed: tail), remembering: most)
        }
        return BusSequenceReceiver.hole(tail.accepted)
    }

    /// Whether all of an epoch not heard of before is expected.
    ///
    /// The clocks decide. If they cannot, it is expected if a message of an earlier epoch has come, since then the
    /// subscription existed.
    private func owes(_ epoch: BusEpoch, confirmedAt: BusTime) -> Bool {
        guard let began = epoch.began, began.nanoseconds > self.forgottenUntil else { return false }
        if confirmedAt.isCertainlyBefore(began) {
            return true
        }
        guard !began.isCertainlyBefore(confirmedAt) else { return false }
        return (self.before + [self.newest]).contains { $0.isFirm && $0.epoch.isOlder(than: epoch) }
    }

    private mutating func begin(_ line: Line, remembering most: Int) {
        self.before.append(self.newest)
        self.newest = line
        self.forget(remembering: most)
    }

    private mutating func forget(remembering most: Int) {
        guard self.before.count > most else { return }
        let gone = self.before.removeFirst()
        self.forgottenUntil = max(self.forgottenUntil, gone.epoch.began?.nanoseconds ?? 0)
    }
}

extension BusTime {
    fileprivate func isCertainlyBefore(_ epoch: BusEpoch) -> Bool {
        epoch.began.map { self.isCertainlyBefore($0) } ?? false
    }
}

extension BusStamp {
    /// Whether the message was certainly handed to the broker before `time`.
    fileprivate func wasSent(at sentAt: UInt64?, before time: BusTime) -> Bool {
        guard let sentAt, let error = self.epoch.began?.error else { return false }
        return BusTime(nanoseconds: sentAt, error: error).isCertainlyBefore(time)
    }
}
