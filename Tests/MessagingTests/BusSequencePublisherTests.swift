import Instruments
import Messaging
import TestKit
import Testing

@Suite struct BusSequencePublisherTests {
    private static let lobby = try! RoomName("lobby")
    private static let other = try! RoomName("other")

    private var random = SeededGenerator(seed: 7)
    private var now = Instant(nanoseconds: 1_000_000_000)
    private var publisher = BusSequencePublisher(origin: BusOrigin(high: 1, low: 2))

    private mutating func stamp(_ room: RoomName = lobby) -> BusStamp {
        self.publisher.stamp(room, at: self.now, newEpoch: self.random.next())
    }

    @Test mutating func `each room counts from one under an epoch of its own`() {
        let first = self.stamp()
        let second = self.stamp()
        let elsewhere = self.stamp(Self.other)
        #expect([first.number, second.number, elsewhere.number] == [1, 2, 1])
        #expect(first.epoch == second.epoch && first.epoch != elsewhere.epoch)
    }

    @Test mutating func `what was accepted is announced once, and how far was sent`() {
        let first = self.stamp()
        _ = self.stamp()
        #expect(!self.publisher.hasNews)
        self.publisher.accepted(first, in: Self.lobby)
        #expect(self.publisher.takeNews() == [BusTail(room: Self.lobby, epoch: first.epoch, accepted: 1, sent: 2)])
        #expect(!self.publisher.hasNews)
        #expect(self.publisher.takeNews().isEmpty)
    }

    @Test mutating func `an announcement that was lost is made again, with what has come since`() {
        let first = self.stamp()
        self.publisher.accepted(first, in: Self.lobby)
        let news = self.publisher.takeNews()
        self.publisher.accepted(self.stamp(), in: Self.lobby)
        self.publisher.returned(news)
        #expect(self.publisher.takeNews() == [BusTail(room: Self.lobby, epoch: first.epoch, accepted: 2, sent: 2)])
    }

    @Test mutating func `a doubtful number ends the epoch, whose last certain number is still announced`() {
        let first = self.stamp()
        let second = self.stamp()
        self.publisher.accepted(first, in: Self.lobby)
        self.publisher.doubted(second, in: Self.lobby)
        let next = self.stamp()
        #expect(next.number == 1 && next.epoch != first.epoch)
        #expect(self.publisher.takeNews() == [BusTail(room: Self.lobby, epoch: first.epoch, accepted: 1, sent: 2)])
    }

    @Test mutating func `what was pipelined behind a refused number is announced under its own epoch`() {
        let refused = self.stamp()
        let behind = self.stamp()
        self.publisher.doubted(refused, in: Self.lobby)
        let next = self.stamp()
        self.publisher.accepted(behind, in: Self.lobby)
        self.publisher.accepted(next, in: Self.lobby)
        #expect(
            Set(self.publisher.takeNews()) == [
                BusTail(room: Self.lobby, epoch: refused.epoch, accepted: 2, sent: 2),
                BusTail(room: Self.lobby, epoch: next.epoch, accepted: 1, sent: 1),
            ]
        )
    }

    @Test mutating func `the announcement of an epoch that is over is made again as well`() {
        let first = self.stamp()
        self.publisher.accepted(first, in: Self.lobby)
        let news = self.publisher.takeNews()
        self.publisher.doubted(self.stamp(), in: Self.lobby)
        self.publisher.returned(news)
        #expect(self.publisher.takeNews() == news)
    }

    @Test mutating func `a room that was silent for long is counted anew`() {
        let first = self.stamp()
        self.publisher.accepted(first, in: Self.lobby)
        _ = self.publisher.takeNews()
        self.now = self.now + .seconds(599)
        #expect(self.stamp().epoch == first.epoch)
        self.publisher.accepted(BusStamp(origin: first.origin, epoch: first.epoch, number: 2), in: Self.lobby)
        _ = self.publisher.takeNews()
        self.now = self.now + .seconds(600)
        let later = self.stamp()
        #expect(later.number == 1 && later.epoch != first.epoch)
    }

    @Test mutating func `what was not announced or not answered is not forgotten`() {
        let unannounced = self.stamp()
        self.publisher.accepted(unannounced, in: Self.lobby)
        let unanswered = self.stamp(Self.other)
        self.now = self.now + .seconds(6000)
        self.publisher.forgetIdle(at: self.now)
        #expect(self.publisher.roomCount == 2)
        #expect(self.stamp().epoch == unannounced.epoch)
        #expect(self.stamp(Self.other).epoch == unanswered.epoch)
    }

    @Test mutating func `rooms that are settled and silent are forgotten`() {
        self.publisher.accepted(self.stamp(), in: Self.lobby)
        _ = self.publisher.takeNews()
        self.publisher.forgetIdle(at: self.now + .seconds(599))
        #expect(self.publisher.roomCount == 1)
        self.publisher.forgetIdle(at: self.now + .seconds(600))
        #expect(self.publisher.roomCount == 0)
    }

    @Test mutating func `the number of rooms is bounded, and the longest silent go first`() throws {
        var limits = BusSequenceLimits()
        limits.countedRooms = 100
        self.publisher = BusSequencePublisher(origin: BusOrigin(high: 1, low: 2), limits: limits)
        var epochs: [RoomName: UInt64] = [:]
        for number in 0..<1000 {
            let room = try RoomName("room\(number)")
            let stamp = self.stamp(room)
            epochs[room] = stamp.epoch
            self.publisher.accepted(stamp, in: room)
            _ = self.publisher.takeNews()
            self.now = self.now + .milliseconds(1)
            #expect(self.publisher.roomCount <= 100)
        }
        let last = try RoomName("room999")
        #expect(self.stamp(last).epoch == epochs[last])
        let first = try RoomName("room0")
        #expect(self.stamp(first).epoch != epochs[first])
    }

    @Test mutating func `a recall announces again what was published to lately, and only that`() {
        self.publisher.accepted(self.stamp(Self.other), in: Self.other)
        _ = self.publisher.takeNews()
        self.now = self.now + .seconds(30)
        let stamp = self.stamp()
        self.publisher.accepted(stamp, in: Self.lobby)
        _ = self.publisher.takeNews()
        self.now = self.now + .seconds(5)
        self.publisher.recall(.seconds(10), at: self.now)
        #expect(self.publisher.takeNews() == [BusTail(room: Self.lobby, epoch: stamp.epoch, accepted: 1, sent: 1)])
    }
}
