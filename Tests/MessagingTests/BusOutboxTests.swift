import Instruments
import Messaging
import TestKit
import Testing

@Suite struct BusOutboxTests {
    private static let lobby = try! RoomName("lobby")
    private static let other = try! RoomName("other")

    private var now = Instant(nanoseconds: 1_000_000_000_000)
    private var outbox = BusOutbox(origin: BusOrigin(high: 1, low: 2), patience: .seconds(5))
    private var epochs: UInt64 = 0

    /// By a clock that all know well.
    private var time: BusTime { BusTime(nanoseconds: self.now.nanoseconds, error: 1000) }

    private mutating func add(_ texts: [String], to room: RoomName = lobby) -> [String] {
        self.epochs += 1
        let epoch = self.epochs
        let publications = texts.map { Publication.of($0, to: room) }
        return Self.shown(self.outbox.add(publications, at: self.now, time: self.time) { epoch })
    }

    private mutating func open() -> [String] {
        self.epochs += 1
        let epoch = self.epochs
        return Self.shown(self.outbox.opened(at: self.now, time: self.time) { epoch })
    }

    /// Text, epoch and number.
    private static func shown(_ numbered: [BusOutbox.Numbered]) -> [String] {
        numbered.map { "\($0.publication.text) \($0.stamp.epoch.id)/\($0.stamp.number)" }
    }

    private mutating func accept() -> String? {
        self.outbox.accepted(isHeard: { _ in true }, at: self.now)?.text
    }

    @Test mutating func `while the bus is there, everything is sent at once and answered in order`() {
        #expect(self.open().isEmpty)
        #expect(self.add(["a", "b"]) == ["a 2/1", "b 2/2"])
        #expect(self.add(["c"]) == ["c 2/3"])
        #expect(self.accept() == "a")
        #expect(self.outbox.refused()?.text == "b")
        #expect(self.accept() == "c")
        #expect(self.accept() == nil && self.outbox.refused() == nil)
        #expect(self.add(["d"]) == ["d 4/1"])
    }

    @Test mutating func `before the bus is there, publications wait, and have no number yet`() {
        #expect(self.add(["a"]).isEmpty)
        #expect(self.outbox.nextDeadline == self.now + .seconds(5))
        self.now = self.now + .seconds(3)
        #expect(self.add(["b"]).isEmpty)
        #expect(self.open() == ["a 3/1", "b 3/2"])
        #expect(self.outbox.nextDeadline == nil)
    }

    @Test mutating func `what was unanswered is sent again under its numbers, before anything newer`() {
        _ = self.open()
        _ = self.add(["a", "b", "c"])
        #expect(self.accept() == "a")
        self.outbox.closed(at: self.now)
        #expect(self.add(["d"]).isEmpty)
        #expect(self.open() == ["b 2/2", "c 2/3", "d 2/4"])
        self.outbox.closed(at: self.now)
        #expect(self.open() == ["b 2/2", "c 2/3", "d 2/4"])
        #expect(self.accept() == "b")
    }

    @Test mutating func `patience counts from when the bus went away, not from when it was published`() {
        _ = self.open()
        _ = self.add(["a"])
        self.now = self.now + .seconds(60)
        #expect(self.outbox.nextDeadline == nil && self.outbox.giveUp(at: self.now).isEmpty)
        self.outbox.closed(at: self.now)
        self.now = self.now + .seconds(2)
        _ = self.add(["b"])
        self.now = self.now + .seconds(3)
        #expect(self.outbox.giveUp(at: self.now).map(\.text) == ["a"])
        #expect(self.outbox.nextDeadline == self.now + .seconds(2))
        #expect(self.open() == ["b 4/1"])
    }

    @Test mutating func `a bus that comes and goes does not make patience longer`() {
        _ = self.open()
        _ = self.add(["a"])
        self.outbox.closed(at: self.now)
        let deadline = self.now + .seconds(5)
        self.now = self.now + .seconds(4)
        _ = self.open()
        self.outbox.closed(at: self.now)
        #expect(self.outbox.nextDeadline == deadline)
    }

    @Test mutating func `what is given up takes with it what of its room may have been published behind it`() {
        _ = self.open()
        _ = self.add(["a"])
        self.outbox.closed(at: self.now)
        self.now = self.now + .seconds(3)
        _ = self.open()
        _ = self.add(["b"])
        _ = self.add(["c"], to: Self.other)
        self.outbox.closed(at: self.now)
        _ = self.add(["d"])
        self.now = self.now + .seconds(2)
        #expect(self.outbox.giveUp(at: self.now).map(\.text) == ["a", "b"])
        // What had no number yet goes on under a new epoch, the other room under its own.
        #expect(self.open() == ["c 5/1", "d 7/1"])
    }

    @Test mutating func `stopping gives up everything`() {
        _ = self.open()
        _ = self.add(["a"])
        self.outbox.closed(at: self.now)
        _ = self.add(["b"])
        #expect(self.outbox.stop().map(\.text) == ["a", "b"])
        #expect(self.outbox.nextDeadline == nil)
    }

    /// 4, 5 and 6 are accepted while the receiver is away, 7 is given up, 8 is accepted under a new epoch.
    @Test mutating func `what was missed on both sides of a doubt is counted, whatever comes first`() {
        var receiver = BusSequenceReceiver()
        receiver.confirmed(Self.lobby, at: self.time)
        self.now = self.now + .seconds(1)
        _ = self.open()
        for number in 1...6 {
            let publication = Publication.of("\(number)", to: Self.lobby)
            let sent = self.outbox.add([publication], at: self.now, time: self.time) { 77 }[0]
            _ = self.accept()
            if number <= 3 {
                #expect(receiver.judge(sent.stamp, sentAt: nil, in: Self.lobby, at: self.now) == .next(missing: 0))
            }
        }
        _ = self.add(["7"])
        self.outbox.closed(at: self.now)
        self.now = self.now + .seconds(5)
        #expect(self.outbox.giveUp(at: self.now).map(\.text) == ["7"])
        _ = self.open()
        #expect(self.add(["8", "9"]).count == 2)
        #expect(self.accept() == "8")
        self.outbox.sequence.recall(.seconds(30), question: nil, at: self.now)
        let announcements = self.outbox.sequence.takeDue(at: self.now).announcements
        let origin = self.outbox.sequence.origin
        let missing = announcements.flatMap(\.tails).map {
            receiver.heard($0, of: origin, in: Self.lobby, at: self.now)
        }
        #expect(missing == [3, 1])
        let ninth = BusStamp(origin: origin, epoch: announcements[0].tails[1].epoch, number: 2)
        #expect(receiver.judge(ninth, sentAt: nil, in: Self.lobby, at: self.now) == .next(missing: 0))
    }
}

extension Publication {
    fileprivate var text: String { String(decoding: self.message.payload, as: UTF8.self) }
}
