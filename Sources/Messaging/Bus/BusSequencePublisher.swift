import DequeModule
package import Instruments

/// Numbers what this process publishes, room by room, and knows when to announce how far it has come.
///
/// If publications of a room are in doubt (refused, or given up without an answer), the room is counted under a new
/// epoch from then on: the publishers of the doubtful numbers were told, so they are not lost. The previous epoch is
/// remembered, since instances that are away now will ask for it.
package struct BusSequencePublisher: Sendable {
    /// What to publish now.
    package struct Due: Equatable, Sendable {
        package struct Announcement: Equatable, Sendable {
            package let room: RoomName
            package let tails: [BusTail]
        }

        /// On the channels of their rooms.
        package var announcements: [Announcement] = []
        /// Questions that are fully answered by these announcements.
        package var answered: [BusQuestion] = []
    }

    /// How far one epoch has come.
    private struct Reach {
        let epoch: BusEpoch
        var stamped: UInt64 = 0
        var accepted: UInt64 = 0
        /// When something last happened in it.
        var activeAt: Instant
        var isAnnounced = false

        var tail: BusTail { BusTail(epoch: self.epoch, accepted: self.accepted, sent: self.stamped) }
        var isSettled: Bool { self.stamped == self.accepted }
    }

    /// What is known about one room.
    private struct Count {
        /// `nil` after a doubt, until the room is published to again.
        var current: Reach?
        /// Finished, and worth remembering, the oldest first.
        var ended: [Reach] = []
        /// Whether anybody but this instance got the last message.
        var isHeard = false
        /// An instance that was away asked, perhaps while answers were under way: the next silence is announced anyway.
        var isAskedFor = false
        var isPlanned = false

        var activeAt: Instant? { self.current?.activeAt ?? self.ended.last?.activeAt }
        var isForgettable: Bool { !self.isPlanned && self.current?.isSettled ?? true }
    }

    /// What others have asked for, until the rooms are searched.
    private struct Wish {
        var since: Instant
        var questions: [BusQuestion] = []
    }

    private struct Question {
        let asked: BusQuestion
        /// Answered once this many rooms have been taken from the queue.
        let after: UInt64
    }

    package let origin: BusOrigin
    private let limits: BusSequenceLimits
    private var counts: [RoomName: Count] = [:]
    private var lastBegan: UInt64 = 0
    /// Rooms with something to announce, in the order in which they are checked.
    private var planned: Deque<(at: Instant, room: RoomName)> = []
    /// Rooms that somebody has asked for, and how much of that is done.
    private var recalled: Deque<RoomName> = []
    private var isRecalled: Set<RoomName> = []
    private var recalledSoFar: UInt64 = 0
    private var questions: Deque<Question> = []
    private var wish: Wish?
    private var nextLook = Instant(nanoseconds: 0)
    private var nextRecalled = Instant(nanoseconds: 0)

    package init(origin: BusOrigin, limits: BusSequenceLimits = BusSequenceLimits()) {
        self.origin = origin
        self.limits = limits
    }

    /// Rooms it currently counts or remembers.
    package var roomCount: Int { self.counts.count }

    // MARK: - Publications

    /// Numbers a message that is being handed to the broker now, after everything numbered before.
    ///
    /// - Parameters:
    ///   - time: On the clock that all instances share.
    ///   - newEpoch: Draws 64 random bits; only called if an epoch begins.
    package mutating func stamp(
        _ room: RoomName,
        at now: Instant,
        time: @autoclosure () -> BusTime,
        newEpoch: @autoclosure () -> UInt64
    ) -> BusStamp {
        if self.counts[room] == nil {
            self.makeRoom()
        }
        var count = self.counts[room] ?? Count()
        if let known = count.current, known.isSettled, now - known.activeAt >= self.limits.idle {
            count.current = nil
        }
        var reach = count.current ?? Reach(epoch: self.begin(newEpoch(), at: time()), activeAt: now)
        reach.stamped += 1
        reach.activeAt = now
        count.current = reach
        self.counts[room] = count
        return BusStamp(origin: self.origin, epoch: reach.epoch, number: reach.stamped)
    }

    private mutating func begin(_ id: UInt64, at time: BusTime) -> BusEpoch {
        self.lastBegan = max(time.nanoseconds, self.lastBegan + 1)
        return BusEpoch(id: id, began: BusTime(nanoseconds: self.lastBegan, error: time.error))
    }

    /// The broker has taken the message with this stamp.
    ///
    /// Answers come in the order of the stamps.
    ///
    /// - Parameter isHeard: Whether anybody but this instance got it.
    package mutating func accepted(_ stamp: BusStamp, in room: RoomName, isHeard: Bool, at now: Instant) {
        var count = self.counts[room] ?? Count()
        if count.current?.epoch.id == stamp.epoch.id {
            count.current?.accepted = stamp.number
            count.current?.activeAt = now
            count.current?.isAnnounced = false
        } else {
            // Pipelined after one that was refused: its epoch is over, and ends with this number.
            self.end(
                Reach(epoch: stamp.epoch, stamped: stamp.number, accepted: stamp.number, activeAt: now),
                in: &count
            )
        }
        count.isHeard = isHeard
        self.plan(room, &count, at: now)
        self.counts[room] = count
    }

    /// The broker has not taken the message with this stamp, or that is unknown, and it is not sent again.
    package mutating func doubted(_ stamp: BusStamp, in room: RoomName) {
        guard var count = self.counts[room], let current = count.current, current.epoch.id == stamp.epoch.id else {
            return
        }
        count.current = nil
        if current.accepted > 0 {
            self.end(current, in: &count)
        }
        self.counts[room] = count.ended.isEmpty && !count.isPlanned ? nil : count
    }

    /// Remembers an epoch that is over.
    private func end(_ reach: Reach, in count: inout Count) {
        if let index = count.ended.firstIndex(where: { $0.epoch.id == reach.epoch.id }) {
            count.ended[index].accepted = max(count.ended[index].accepted, reach.accepted)
            count.ended[index].stamped = max(count.ended[index].stamped, reach.stamped)
            count.ended[index].activeAt = reach.activeAt
            count.ended[index].isAnnounced = false
        } else {
            count.ended.append(reach)
        }
        if count.ended.count > self.limits.epochs {
            count.ended.removeFirst()
        }
    }

    // MARK: - Announcements

    /// When `takeDue` may have something, unless something happens before; `nil`: never.
    package var nextDue: Instant? {
        let isRecalled = !self.recalled.isEmpty || !self.questions.isEmpty
        let moments = [
            self.planned.first?.at, isRecalled ? self.nextRecalled : nil, self.wish == nil ? nil : self.nextLook,
        ]
        return moments.compactMap { $0 }.min()
    }

    /// What to announce now; counts as announced unless it is `returned`.
    package mutating func takeDue(at now: Instant) -> Due {
        var due = Due()
        while let plan = self.planned.first, plan.at <= now {
            self.planned.removeFirst()
            guard var count = self.counts[plan.room] else { continue }
            count.isPlanned = false
            if let active = count.activeAt, active + self.limits.silence > now {
                // Something followed.
                self.plan(plan.room, &count, at: active)
            } else if count.isHeard || count.isAskedFor {
                count.isAskedFor = false
                self.announce(plan.room, &count, all: false, into: &due)
            }
            self.counts[plan.room] = count
        }
        if let wish = self.wish, now >= self.nextLook {
            self.wish = nil
            self.nextLook = now + self.limits.silence
            self.look(wish)
        }
        if now >= self.nextRecalled {
            self.takeRecalled(into: &due)
            self.nextRecalled = now + self.limits.recallPause
        }
        return due
    }

    private mutating func takeRecalled(into due: inout Due) {
        for _ in 0..<self.limits.recalledAtOnce {
            guard let room = self.recalled.popFirst() else { break }
            self.isRecalled.remove(room)
            self.recalledSoFar += 1
            guard var count = self.counts[room] else { continue }
            self.announce(room, &count, all: true, into: &due)
            self.counts[room] = count
        }
        while let question = self.questions.first, question.after <= self.recalledSoFar,
            due.answered.count < self.limits.questions
        {
            self.questions.removeFirst()
            due.answered.append(question.asked)
        }
    }

    /// An announcement did not get through, or not certainly: it is repeated a little later.
    package mutating func returned(_ room: RoomName, at now: Instant) {
        guard var count = self.counts[room] else { return }
        for index in count.ended.indices {
            count.ended[index].isAnnounced = false
        }
        count.current?.isAnnounced = false
        count.isAskedFor = true
        self.plan(room, &count, at: now)
        self.counts[room] = count
    }

    /// An instance was away for this long: every room published to since then must be announced again.
    ///
    /// However often this is asked, the rooms are searched at most once a second.
    package mutating func recall(_ away: Duration, question: BusQuestion?, at now: Instant) {
        let since = now + (.zero - away)
        var wish = self.wish ?? Wish(since: since)
        wish.since = min(wish.since, since)
        if let question, wish.questions.count < self.limits.questions, !wish.questions.contains(question) {
            wish.questions.append(question)
        }
        self.wish = wish
    }

    private mutating func look(_ wish: Wish) {
        for (room, count) in self.counts {
            if let active = count.activeAt, active >= wish.since {
                self.counts[room]?.isAskedFor = true
                self.recall(room)
            }
        }
        let after = self.recalledSoFar + UInt64(self.recalled.count)
        for question in wish.questions {
            self.questions.append(Question(asked: question, after: after))
        }
    }

    private mutating func recall(_ room: RoomName) {
        if self.isRecalled.insert(room).inserted {
            self.recalled.append(room)
        }
    }

    private mutating func plan(_ room: RoomName, _ count: inout Count, at active: Instant) {
        guard !count.isPlanned else { return }
        count.isPlanned = true
        self.planned.append((active + self.limits.silence, room))
    }

    /// - Parameter all: Also what was announced before.
    private func announce(_ room: RoomName, _ count: inout Count, all: Bool, into due: inout Due) {
        var tails: [BusTail] = []
        for index in count.ended.indices where all || !count.ended[index].isAnnounced {
            count.ended[index].isAnnounced = true
            tails.append(count.ended[index].tail)
        }
        if let current = count.current, current.accepted > 0, all || !current.isAnnounced {
            count.current?.isAnnounced = true
            tails.append(current.tail)
        }
        if !tails.isEmpty {
            due.announcements.append(Due.Announcement(room: room, tails: tails))
        }
    }

    // MARK: - Forgetting

    /// Forgets rooms and epochs in which nothing has happened for a while.
    package mutating func forgetIdle(at now: Instant) {
        let idle = self.limits.idle
        for (room, var count) in self.counts {
            count.ended.removeAll { now - $0.activeAt >= idle }
            if let current = count.current, current.isSettled, now - current.activeAt >= idle {
                count.current = nil
            }
            let isEmpty = count.current == nil && count.ended.isEmpty && !count.isPlanned
            self.counts[room] = isEmpty ? nil : count
        }
    }

    /// If there are too many rooms, forgets a quarter of those it may forget, the longest idle first.
    private mutating func makeRoom() {
        guard self.counts.count >= self.limits.countedRooms else { return }
        let forgettable = self.counts.filter(\.value.isForgettable)
            .map { (room: $0.key, at: $0.value.activeAt ?? Instant(nanoseconds: 0)) }
            .sorted { $0.at < $1.at }
        for (room, _) in forgettable.prefix(max(1, forgettable.count / 4)) {
            self.counts[room] = nil
        }
    }
}
