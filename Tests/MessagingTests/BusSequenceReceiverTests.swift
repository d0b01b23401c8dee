import Instruments
import Messaging
import Testing

@Suite struct BusSequenceReceiverTests {
    private static let lobby = try! RoomName("lobby")
    private static let one = BusOrigin(high: 1, low: 1)
    private static let two = BusOrigin(high: 2, low: 2)

    private var now = Instant(nanoseconds: 1_000_000_000)
    private var receiver = BusSequenceReceiver()

    private mutating func judge(_ number: UInt64, epoch: UInt64 = 9, of origin: BusOrigin = one)
        -> BusSequenceReceiver.Verdict
    {
        self.receiver.judge(BusStamp(origin: origin, epoch: epoch, number: number), in: Self.lobby, at: self.now)
    }

    private mutating func heard(
        _ accepted: UInt64,
        sent: UInt64? = nil,
        epoch: UInt64 = 9,
        of origin: BusOrigin = one
    ) -> UInt64 {
        let tail = BusTail(room: Self.lobby, epoch: epoch, accepted: accepted, sent: sent ?? accepted)
        return self.receiver.heard(tail, of: origin, at: self.now)
    }

    @Test mutating func `the first message after the confirmation is the baseline`() {
        self.receiver.confirmed(Self.lobby)
        #expect(self.judge(17) == .next(missing: 0))
        #expect(self.judge(18) == .next(missing: 0))
    }

    @Test mutating func `a hole is counted by how many are missing`() {
        self.receiver.confirmed(Self.lobby)
        _ = self.judge(1)
        #expect(self.judge(5) == .next(missing: 3))
        #expect(self.judge(6) == .next(missing: 0))
    }

    @Test mutating func `a repeated number is not delivered`() {
        self.receiver.confirmed(Self.lobby)
        _ = self.judge(1)
        #expect(self.judge(2) == .next(missing: 0))
        #expect(self.judge(2) == .repeated)
        #expect(self.judge(1) == .repeated)
        #expect(self.judge(3) == .next(missing: 0))
    }

    @Test mutating func `what was counted as missing and comes late is not delivered out of order`() {
        self.receiver.confirmed(Self.lobby)
        _ = self.judge(1)
        #expect(self.judge(3) == .next(missing: 1))
        #expect(self.judge(2) == .repeated)
    }

    @Test mutating func `before the confirmation nothing is judged and nothing remembered`() {
        #expect(self.judge(1) == .next(missing: 0))
        #expect(self.heard(3) == 0)
        self.receiver.confirmed(Self.lobby)
        #expect(self.judge(9) == .next(missing: 0))
    }

    @Test mutating func `an announcement is a baseline as well`() {
        self.receiver.confirmed(Self.lobby)
        #expect(self.heard(4) == 0)
        #expect(self.judge(6) == .next(missing: 1))
    }

    @Test
    mutating func `what was sent before an announcement, and not answered yet, is no concern of a new subscriber`() {
        self.receiver.confirmed(Self.lobby)
        #expect(self.heard(4, sent: 6) == 0)
        #expect(self.judge(7) == .next(missing: 0))
    }

    @Test mutating func `what was sent and is not accepted is not lost`() {
        self.receiver.confirmed(Self.lobby)
        _ = self.judge(3)
        #expect(self.heard(4, sent: 6) == 1)
        #expect(self.judge(5) == .next(missing: 0))
    }

    @Test mutating func `a lost tail is seen by the announcement, once`() {
        self.receiver.confirmed(Self.lobby)
        _ = self.judge(1)
        #expect(self.heard(4) == 3)
        #expect(self.heard(4) == 0)
        #expect(self.judge(5) == .next(missing: 0))
    }

    @Test mutating func `an announcement of what is known says nothing`() {
        self.receiver.confirmed(Self.lobby)
        _ = self.judge(7)
        #expect(self.heard(5) == 0)
        #expect(self.judge(8) == .next(missing: 0))
    }

    @Test mutating func `the baseline is kept when the connection is made anew`() {
        self.receiver.confirmed(Self.lobby)
        _ = self.judge(1)
        self.receiver.confirmed(Self.lobby)
        #expect(self.judge(4) == .next(missing: 2))
    }

    @Test mutating func `the baseline is forgotten with the room`() {
        self.receiver.confirmed(Self.lobby)
        _ = self.judge(1)
        self.receiver.forget(Self.lobby)
        #expect(self.receiver.followed == 0)
        #expect(self.judge(3) == .next(missing: 0))
        self.receiver.confirmed(Self.lobby)
        #expect(self.judge(9) == .next(missing: 0))
    }

    @Test mutating func `each origin has its own numbers`() {
        self.receiver.confirmed(Self.lobby)
        _ = self.judge(1)
        #expect(self.judge(8, of: Self.two) == .next(missing: 0))
        #expect(self.judge(2) == .next(missing: 0))
        #expect(self.judge(10, of: Self.two) == .next(missing: 1))
    }

    @Test mutating func `a new epoch is a new baseline`() {
        self.receiver.confirmed(Self.lobby)
        _ = self.judge(100)
        #expect(self.judge(1, epoch: 10) == .next(missing: 0))
        #expect(self.judge(3, epoch: 10) == .next(missing: 1))
    }

    @Test mutating func `the last announcement of an epoch is judged even behind the first message of the next`() {
        self.receiver.confirmed(Self.lobby)
        _ = self.judge(5)
        _ = self.judge(1, epoch: 10)
        #expect(self.heard(7) == 2)
        #expect(self.judge(2, epoch: 10) == .next(missing: 0))
        #expect(self.judge(2, epoch: 10) == .repeated)
    }

    @Test mutating func `a counter that jumps beyond all reason counts nothing`() {
        self.receiver.confirmed(Self.lobby)
        _ = self.judge(1)
        #expect(self.judge(.max) == .next(missing: 0))
        #expect(self.judge(1, of: Self.two) == .next(missing: 0))
        #expect(self.heard(.max, of: Self.two) == 0)
    }

    @Test mutating func `origins that are gone are forgotten`() {
        self.receiver.confirmed(Self.lobby)
        _ = self.judge(1)
        self.now = self.now + .seconds(1100)
        _ = self.judge(1, of: Self.two)
        self.now = self.now + .seconds(100)
        self.receiver.forgetIdle(at: self.now)
        #expect(self.receiver.followed == 1)
        #expect(self.judge(9) == .next(missing: 0))
        #expect(self.judge(3, of: Self.two) == .next(missing: 1))
    }

    @Test mutating func `what it remembers is bounded, and the rest is delivered unjudged`() {
        var limits = BusSequenceLimits()
        limits.followed = 2
        self.receiver = BusSequenceReceiver(limits: limits)
        self.receiver.confirmed(Self.lobby)
        for origin in 1...10 {
            #expect(self.judge(1, of: BusOrigin(high: UInt64(origin), low: 0)) == .next(missing: 0))
        }
        #expect(self.receiver.followed == 2)
        #expect(self.judge(5, of: BusOrigin(high: 10, low: 0)) == .next(missing: 0))
        #expect(self.judge(5, of: BusOrigin(high: 1, low: 0)) == .next(missing: 3))
    }
}
