package import Instruments

/// Numbers what this process publishes, room by room, and says how far it has come.
///
/// Says two things of a room: up to where the broker has accepted everything, by which loss is judged, and up to where
/// everything was sent, since what was sent and not answered yet may have passed those who subscribe just now. A room
/// whose publications are in doubt (refused, or in flight when the connection was lost) is counted under a new epoch
/// from then on: the doubtful numbers are told to their publishers, not counted as loss.
package struct BusSequencePublisher: Sendable {
    /// What is known of one room.
    private struct Count {
        let epoch: UInt64
        var stamped: UInt64 = 0
        var accepted: UInt64 = 0
        var announced: UInt64 = 0
        var usedAt: Instant

        var isSettled: Bool { self.stamped == self.accepted && self.announced == self.accepted }
    }

    private struct Closing: Hashable {
        let room: RoomName
        let epoch: UInt64
    }

    private struct Reach {
        var accepted: UInt64 = 0
        var sent: UInt64 = 0

        mutating func extend(accepted: UInt64, sent: UInt64) {
            self.accepted = max(self.accepted, accepted)
            self.sent = max(self.sent, sent)
        }
    }

    package let origin: BusOrigin
    private let limits: BusSequenceLimits
    private var counts: [RoomName: Count] = [:]
    /// Rooms with accepted numbers that were not announced.
    private var unannounced: Set<RoomName> = []
    /// How far epochs came that are over, still to be announced.
    private var closing: [Closing: Reach] = [:]

    package init(origin: BusOrigin, limits: BusSequenceLimits = BusSequenceLimits()) {
        self.origin = origin
        self.limits = limits
    }

    /// Rooms it counts now.
    package var roomCount: Int { self.counts.count }

    /// Whether there is something to announce.
    package var hasNews: Bool { !self.unannounced.isEmpty || !self.closing.isEmpty }

    /// Numbers a message that is being handed to the broker now, behind everything that was numbered before.
    ///
    /// - Parameter newEpoch: 64 random bits; drawn only where an epoch begins.
    package mutating func stamp(
        _ room: RoomName,
        at now: Instant,
        newEpoch: @autoclosure () -> UInt64
    ) -> BusStamp {
        if let known = self.counts[room], known.isSettled, now - known.usedAt >= self.limits.idle {
            self.counts[room] = nil
        }
        if self.counts[room] == nil {
            self.makeRoom()
        }
        var count = self.counts[room] ?? Count(epoch: newEpoch(), usedAt: now)
        count.stamped += 1
        count.usedAt = now
        self.counts[room] = count
        return BusStamp(origin: self.origin, epoch: count.epoch, number: count.stamped)
    }

    /// The broker has taken the message with this stamp.
    ///
    /// Answers come in the order of the stamps.
    package mutating func accepted(_ stamp: BusStamp, in room: RoomName) {
        guard var count = self.counts[room], count.epoch == stamp.epoch else {
            // Pipelined behind one that was refused: its epoch is over, and ends with this number.
            self.close(room, stamp.epoch, accepted: stamp.number, sent: stamp.number)
            return
        }
        count.accepted = stamp.number
        self.counts[room] = count
        self.unannounced.insert(room)
    }

    /// It is not known, or known not to be so, that the broker has taken the message with this stamp.
    package mutating func doubted(_ stamp: BusStamp, in room: RoomName) {
        guard let count = self.counts[room], count.epoch == stamp.epoch else { return }
        if count.accepted > count.announced {
            self.close(room, count.epoch, accepted: count.accepted, sent: count.stamped)
        }
        self.counts[room] = nil
        self.unannounced.remove(room)
    }

    /// What is to be announced now; counts as announced unless it is `returned`.
    package mutating func takeNews() -> [BusTail] {
        var tails = self.closing.map { key, reach in
            BusTail(room: key.room, epoch: key.epoch, accepted: reach.accepted, sent: reach.sent)
        }
        self.closing.removeAll()
        for room in self.unannounced {
            guard var count = self.counts[room], count.accepted > count.announced else { continue }
            count.announced = count.accepted
            self.counts[room] = count
            tails.append(BusTail(room: room, epoch: count.epoch, accepted: count.accepted, sent: count.stamped))
        }
        self.unannounced.removeAll(keepingCapacity: self.unannounced.count < 4096)
        return tails
    }

    /// An announcement did not, or not certainly, get through: it is to be made again.
    package mutating func returned(_ tails: [BusTail]) {
        for tail in tails {
            if var count = self.counts[tail.room], count.epoch == tail.epoch {
                count.announced = 0
                self.counts[tail.room] = count
                self.unannounced.insert(tail.room)
            } else {
                self.close(tail.room, tail.epoch, accepted: tail.accepted, sent: tail.sent)
            }
        }
    }

    /// An instance was away for so long: every room published to since then is to be announced once more.
    package mutating func recall(_ away: Duration, at now: Instant) {
        for (room, count) in self.counts where count.accepted > 0 && now - count.usedAt <= away {
            self.counts[room]?.announced = 0
            self.unannounced.insert(room)
        }
    }

    /// Forgets rooms that were not published to for a while and are announced.
    package mutating func forgetIdle(at now: Instant) {
        let idle = self.limits.idle
        self.counts = self.counts.filter { !($0.value.isSettled && now - $0.value.usedAt >= idle) }
    }

    private mutating func close(_ room: RoomName, _ epoch: UInt64, accepted: UInt64, sent: UInt64) {
        self.closing[Closing(room: room, epoch: epoch), default: Reach()].extend(accepted: accepted, sent: sent)
    }

    /// Where there are too many rooms, forgets a quarter of those it may forget, the longest idle first.
    private mutating func makeRoom() {
        guard self.counts.count >= self.limits.countedRooms else { return }
        let forgettable = self.counts.filter(\.value.isSettled).sorted { $0.value.usedAt < $1.value.usedAt }
        for (room, _) in forgettable.prefix(max(1, forgettable.count / 4)) {
            self.counts[room] = nil
        }
    }
}
