import Instruments
import Messaging
import TestKit
import Testing

@Suite struct BusSequencePublisherTests {
    private static let lobby = try! RoomName("lobby")
    private static let other = try! RoomName("other")
    private static let asker = BusOrigin(high: 8, low: 8)

    private var random = SeededGenerator(seed: 7)
    private var now = Instant(nanoseconds: 1_000_000_000_000)
    private var publisher = BusSequencePublisher(origin: BusOrigin(high: 1, low: 2))

    private mutating func stamp(_ room: RoomName = lobby, time: UInt64 = 1000) -> BusStamp {
        self.publisher.stamp(
            room,
            at: self.now,
            time: BusTime(nanoseconds: time, error: 5),
            newEpoch: self.random.next()
        )
    }

    private mutating func accept(_ stamp: BusStamp, in room: RoomName = lobby, isHeard: Bool = true) {
        self.publisher.accepted(stamp, in: room, isHeard: isHeard, at: self.now)
    }

    /// What is announced within so many seconds, by room.
    private mutating func announced(within seconds: Int = 3) -> [RoomName: [BusTail]] {
        var tails: [RoomName: [BusTail]] = [:]
        for _ in 0..<seconds * 20 {
            self.now = self.now + .milliseconds(50)
            for announcement in self.publisher.takeDue(at: self.now).announcements {
                tails[announcement.room, default: []] += announcement.tails
            }
        }
        return tails
    }

    private static func tail(_ stamp: BusStamp, accepted: UInt64, sent: UInt64) -> BusTail {
        BusTail(epoch: stamp.epoch, accepted: accepted, sent: sent)
    }

    // MARK: - Numbers

    @Test mutating func `each room counts from one under an epoch of its own`() {
        let first = self.stamp()
        let second = self.stamp()
        let elsewhere = self.stamp(Self.other)
        #expect([first.number, second.number, elsewhere.number] == [1, 2, 1])
        #expect(first.epoch == second.epoch && first.epoch.id != elsewhere.epoch.id)
    }

    @Test mutating func `epochs carry when they began, later each time, whatever the clock does`() {
        let first = self.stamp(time: 5000)
        self.publisher.doubted(first, in: Self.lobby)
        let second = self.stamp(time: 4000)
        let third = self.stamp(Self.other, time: 9000)
        #expect(first.epoch.began == BusTime(nanoseconds: 5000, error: 5))
        #expect(second.epoch.began == BusTime(nanoseconds: 5001, error: 5))
        #expect(third.epoch.began == BusTime(nanoseconds: 9000, error: 5))
    }

    @Test mutating func `a room that was silent for long is counted anew`() {
        let first = self.stamp()
        self.accept(first)
        self.now = self.now + .seconds(599)
        let second = self.stamp()
        #expect(second.epoch == first.epoch)
        self.accept(second)
        self.now = self.now + .seconds(600)
        let later = self.stamp()
        #expect(later.number == 1 && later.epoch.id != first.epoch.id)
    }

    // MARK: - Announcements

    @Test mutating func `a second after the last message the last number is announced, once`() {
        let first = self.stamp()
        self.accept(first)
        #expect(self.publisher.nextDue == self.now + .seconds(1))
        #expect(self.publisher.takeDue(at: self.now + .milliseconds(999)).announcements.isEmpty)
        #expect(self.announced() == [Self.lobby: [Self.tail(first, accepted: 1, sent: 1)]])
        #expect(self.publisher.nextDue == nil)
    }

    @Test mutating func `while messages follow each other nothing is announced`() {
        for _ in 0..<50 {
            self.accept(self.stamp())
            #expect(self.announced(within: 0).isEmpty)
            self.now = self.now + .milliseconds(400)
            #expect(self.publisher.takeDue(at: self.now).announcements.isEmpty)
        }
        #expect(self.announced().values.map(\.count) == [1])
    }

    @Test mutating func `what is sent and not answered is told beside what is accepted`() {
        let first = self.stamp()
        _ = self.stamp()
        self.accept(first)
        #expect(self.announced() == [Self.lobby: [Self.tail(first, accepted: 1, sent: 2)]])
    }

    @Test mutating func `where nobody else listens, nothing is announced, until somebody does`() {
        let first = self.stamp()
        self.accept(first, isHeard: false)
        #expect(self.announced().isEmpty)
        self.accept(self.stamp(), isHeard: true)
        #expect(self.announced() == [Self.lobby: [Self.tail(first, accepted: 2, sent: 2)]])
    }

    @Test mutating func `an announcement that was lost is made again, with what has come since`() {
        let first = self.stamp()
        self.accept(first)
        _ = self.announced()
        self.accept(self.stamp(), isHeard: false)
        self.publisher.returned(Self.lobby, at: self.now)
        #expect(self.announced() == [Self.lobby: [Self.tail(first, accepted: 2, sent: 2)]])
    }

    // MARK: - Doubts

    @Test mutating func `a doubtful number ends the epoch, whose last certain number is still announced`() {
        let first = self.stamp()
        let second = self.stamp()
        self.accept(first)
        self.publisher.doubted(second, in: Self.lobby)
        let next = self.stamp()
        #expect(next.number == 1 && next.epoch.id != first.epoch.id)
        #expect(self.announced() == [Self.lobby: [Self.tail(first, accepted: 1, sent: 2)]])
        self.accept(next)
        #expect(self.announced() == [Self.lobby: [Self.tail(next, accepted: 1, sent: 1)]])
    }

    @Test mutating func `what was pipelined behind a refused number is announced under its own epoch`() {
        let refused = self.stamp()
        let behind = self.stamp()
        self.publisher.doubted(refused, in: Self.lobby)
        let next = self.stamp()
        self.accept(behind)
        self.accept(next)
        let tails = [Self.tail(refused, accepted: 2, sent: 2), Self.tail(next, accepted: 1, sent: 1)]
        #expect(self.announced() == [Self.lobby: tails])
    }

    @Test mutating func `an epoch of which nothing was accepted is not worth remembering`() {
        for _ in 0..<100 {
            self.publisher.doubted(self.stamp(), in: Self.lobby)
        }
        #expect(self.publisher.roomCount == 0)
        #expect(self.announced().isEmpty)
    }

    // MARK: - Recalls

    @Test mutating func `a recall announces again what was published to lately, every epoch of it, and answers`() {
        self.accept(self.stamp(Self.other), in: Self.other)
        _ = self.announced()
        self.now = self.now + .seconds(30)
        let first = self.stamp()
        self.accept(first)
        self.publisher.doubted(self.stamp(), in: Self.lobby)
        let second = self.stamp()
        self.accept(second, isHeard: false)
        _ = self.announced()
        let question = BusQuestion(asker: Self.asker, number: 3)
        self.publisher.recall(.seconds(10), question: question, at: self.now)
        self.now = self.now + .milliseconds(100)
        let due = self.publisher.takeDue(at: self.now)
        #expect(due.announcements.map(\.room) == [Self.lobby])
        let tails = [Self.tail(first, accepted: 1, sent: 2), Self.tail(second, accepted: 1, sent: 1)]
        #expect(due.announcements.map(\.tails) == [tails])
        #expect(due.answered == [question])
    }

    @Test mutating func `many rooms are announced at a pace, and the question is answered behind the last`() throws {
        for number in 0..<1050 {
            let room = try RoomName("room\(number)")
            self.accept(self.stamp(room), in: room, isHeard: false)
        }
        _ = self.announced(within: 2)
        let question = BusQuestion(asker: Self.asker, number: 1)
        self.publisher.recall(.seconds(60), question: question, at: self.now)
        var rooms: Set<RoomName> = []
        var takes = 0
        let began = self.now
        while let next = self.publisher.nextDue {
            self.now = max(self.now, next)
            let due = self.publisher.takeDue(at: self.now)
            rooms.formUnion(due.announcements.map(\.room))
            takes += 1
            #expect(due.announcements.count <= 100)
            #expect(due.answered == (rooms.count == 1050 ? [question] : []))
        }
        #expect(rooms.count == 1050 && (11...12).contains(takes))
        #expect((1000...1100).contains((self.now - began).wholeMilliseconds))
    }

    @Test mutating func `however often it is asked, the rooms are looked through once a second`() {
        self.accept(self.stamp(), isHeard: false)
        _ = self.announced()
        var times = 0
        for round in 0..<100 {
            let question = BusQuestion(asker: Self.asker, number: UInt64(round))
            self.publisher.recall(.seconds(60), question: question, at: self.now)
            self.now = self.now + .milliseconds(20)
            times += self.publisher.takeDue(at: self.now).announcements.count
        }
        #expect((1...3).contains(times))
    }

    // MARK: - Forgetting

    @Test mutating func `what is not answered is not forgotten`() {
        let unanswered = self.stamp(Self.other)
        self.now = self.now + .seconds(6000)
        self.publisher.forgetIdle(at: self.now)
        #expect(self.stamp(Self.other).epoch == unanswered.epoch)
    }

    @Test mutating func `rooms that are settled and silent are forgotten, and epochs that are over`() {
        self.accept(self.stamp())
        self.publisher.doubted(self.stamp(), in: Self.lobby)
        self.accept(self.stamp())
        _ = self.announced()
        self.publisher.forgetIdle(at: self.now + .seconds(590))
        #expect(self.publisher.roomCount == 1)
        self.publisher.forgetIdle(at: self.now + .seconds(600))
        #expect(self.publisher.roomCount == 0)
    }

    @Test mutating func `the number of rooms is bounded, and the longest silent go first`() throws {
        var limits = BusSequenceLimits()
        limits.countedRooms = 100
        self.publisher = BusSequencePublisher(origin: BusOrigin(high: 1, low: 2), limits: limits)
        var epochs: [RoomName: BusEpoch] = [:]
        for number in 0..<1000 {
            let room = try RoomName("room\(number)")
            let stamp = self.stamp(room)
            epochs[room] = stamp.epoch
            self.accept(stamp, in: room)
            self.now = self.now + .seconds(1)
            _ = self.publisher.takeDue(at: self.now)
            #expect(self.publisher.roomCount <= 100)
        }
        let last = try RoomName("room999")
        #expect(self.stamp(last).epoch == epochs[last])
        let first = try RoomName("room0")
        #expect(self.stamp(first).epoch != epochs[first])
    }
}
