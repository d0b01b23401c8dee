import Instruments
import Messaging
import Testing

@Suite struct BusSequenceReceiverTests {
    private static let lobby = try! RoomName("lobby")
    private static let one = BusOrigin(high: 1, low: 1)
    private static let two = BusOrigin(high: 2, low: 2)

    private var now = Instant(nanoseconds: 1_000_000_000)
    private var receiver = BusSequenceReceiver()

    /// An epoch with this id that began so many milliseconds after all this; `nil`: it does not tell.
    private static func epoch(_ id: UInt64, began: UInt64? = nil, error: UInt64 = 1_000_000) -> BusEpoch {
        BusEpoch(id: id, began: began.map { BusTime(nanoseconds: $0 * 1_000_000, error: error) })
    }

    private mutating func confirm(at milliseconds: UInt64 = 100, error: UInt64 = 1_000_000) {
        self.receiver.confirmed(Self.lobby, at: BusTime(nanoseconds: milliseconds * 1_000_000, error: error))
    }

    /// - Parameter sent: In milliseconds, as the confirmation.
    private mutating func judge(
        _ number: UInt64,
        epoch: BusEpoch = epoch(9),
        of origin: BusOrigin = one,
        sent: UInt64? = nil
    ) -> BusSequenceReceiver.Verdict {
        self.receiver.judge(
            BusStamp(origin: origin, epoch: epoch, number: number),
            sentAt: sent.map { $0 * 1_000_000 },
            in: Self.lobby,
            at: self.now
        )
    }

    private mutating func heard(
        _ accepted: UInt64,
        sent: UInt64? = nil,
        epoch: BusEpoch = epoch(9),
        of origin: BusOrigin = one
    ) -> UInt64 {
        let tail = BusTail(epoch: epoch, accepted: accepted, sent: sent ?? accepted)
        return self.receiver.heard(tail, of: origin, in: Self.lobby, at: self.now)
    }

    @Test mutating func `the first message after the confirmation is the baseline`() {
        self.confirm()
        #expect(self.judge(17) == .next(missing: 0))
        #expect(self.judge(18) == .next(missing: 0))
    }

    @Test mutating func `a hole is counted by how many are missing`() {
        self.confirm()
        _ = self.judge(1)
        #expect(self.judge(5) == .next(missing: 3))
        #expect(self.judge(6) == .next(missing: 0))
    }

    @Test mutating func `a repeated number is not delivered`() {
        self.confirm()
        _ = self.judge(1)
        #expect(self.judge(2) == .next(missing: 0))
        #expect(self.judge(2) == .repeated)
        #expect(self.judge(1) == .repeated)
        #expect(self.judge(3) == .next(missing: 0))
    }

    @Test mutating func `what was counted as missing and comes late is not delivered out of order`() {
        self.confirm()
        _ = self.judge(1)
        #expect(self.judge(3) == .next(missing: 1))
        #expect(self.judge(2) == .repeated)
    }

    @Test mutating func `before the confirmation nothing is judged and nothing remembered`() {
        #expect(self.judge(1) == .next(missing: 0))
        #expect(self.heard(3) == 0)
        self.confirm()
        #expect(self.judge(9) == .next(missing: 0))
    }

    @Test mutating func `an announcement is no baseline`() {
        self.confirm()
        #expect(self.heard(4) == 0)
        #expect(self.judge(6) == .next(missing: 0))
        #expect(self.heard(7) == 1)
    }

    @Test mutating func `what was sent before the confirmation and comes after all says nothing of what follows`() {
        self.confirm(at: 100)
        #expect(self.judge(5, epoch: Self.first, sent: 90) == .next(missing: 0))
        #expect(self.heard(27, epoch: Self.first) == 0)
        #expect(self.judge(5, epoch: Self.first, sent: 90) == .repeated)
        #expect(self.judge(28, epoch: Self.first, sent: 110) == .next(missing: 0))
        #expect(self.judge(30, epoch: Self.first, sent: 111) == .next(missing: 1))
        // Out of the old connection, while what is between is being sent again.
        #expect(self.judge(33, epoch: Self.first, sent: 91) == .late)
        #expect(self.heard(31, epoch: Self.first) == 1)
    }

    @Test mutating func `what was sent and is not accepted is not lost`() {
        self.confirm()
        _ = self.judge(3)
        #expect(self.heard(4, sent: 6) == 1)
        #expect(self.judge(5) == .next(missing: 0))
    }

    @Test mutating func `a lost tail is seen by the announcement, once`() {
        self.confirm()
        _ = self.judge(1)
        #expect(self.heard(4) == 3)
        #expect(self.heard(4) == 0)
        #expect(self.judge(5) == .next(missing: 0))
    }

    @Test mutating func `an announcement of what is known says nothing`() {
        self.confirm()
        _ = self.judge(7)
        #expect(self.heard(5) == 0)
        #expect(self.judge(8) == .next(missing: 0))
    }

    @Test mutating func `the baseline is kept when the connection is made anew`() {
        self.confirm()
        _ = self.judge(1)
        self.confirm()
        #expect(self.judge(4) == .next(missing: 2))
    }

    @Test mutating func `the baseline is forgotten with the room`() {
        self.confirm()
        _ = self.judge(1)
        self.receiver.forget(Self.lobby)
        #expect(self.receiver.followed == 0)
        #expect(self.judge(3) == .next(missing: 0))
        self.confirm()
        #expect(self.judge(9) == .next(missing: 0))
    }

    @Test mutating func `each origin has its own numbers`() {
        self.confirm()
        _ = self.judge(1)
        #expect(self.judge(8, of: Self.two) == .next(missing: 0))
        #expect(self.judge(2) == .next(missing: 0))
        #expect(self.judge(10, of: Self.two) == .next(missing: 1))
    }

    // MARK: - Epochs

    private static let first = epoch(1, began: 50)
    private static let second = epoch(2, began: 150)
    private static let third = epoch(3, began: 160)

    @Test mutating func `an epoch that began after the confirmation is owed from its first number`() {
        self.confirm(at: 100)
        #expect(self.judge(4, epoch: Self.second) == .next(missing: 3))
        #expect(self.judge(4, epoch: Self.second, of: Self.two) == .next(missing: 3))
    }

    @Test mutating func `one that began before is not, nor one of which the clocks cannot tell`() {
        self.confirm(at: 100)
        #expect(self.judge(4, epoch: Self.first) == .next(missing: 0))
        #expect(self.judge(4, epoch: Self.epoch(2, began: 102), of: Self.two) == .next(missing: 0))
        #expect(self.judge(4, epoch: Self.epoch(2, began: 103), of: BusOrigin(high: 3, low: 3)) == .next(missing: 3))
    }

    @Test mutating func `after a message of the epoch before, a new one is owed even where the clocks cannot tell`() {
        self.confirm(at: 100, error: .max)
        #expect(self.judge(4, epoch: Self.first) == .next(missing: 0))
        #expect(self.judge(3, epoch: Self.second) == .next(missing: 2))
    }

    @Test mutating func `an announcement is no such proof`() {
        self.confirm(at: 100, error: .max)
        #expect(self.heard(4, epoch: Self.first) == 0)
        #expect(self.heard(3, epoch: Self.second) == 0)
        #expect(self.judge(5, epoch: Self.second) == .next(missing: 0))
        #expect(self.judge(3, epoch: Self.third) == .next(missing: 2))
    }

    @Test mutating func `an epoch that does not tell when it began has a baseline of its own`() {
        self.confirm()
        _ = self.judge(100)
        #expect(self.judge(3, epoch: Self.epoch(10)) == .next(missing: 0))
        #expect(self.judge(5, epoch: Self.epoch(10)) == .next(missing: 1))
    }

    @Test mutating func `all of an epoch of which nothing came is counted by its announcement`() {
        self.confirm(at: 100)
        _ = self.judge(3, epoch: Self.first)
        #expect(self.heard(6, sent: 7, epoch: Self.first) == 3)
        #expect(self.heard(2, epoch: Self.second) == 2)
        #expect(self.heard(2, epoch: Self.second) == 0)
        #expect(self.judge(3, epoch: Self.second) == .next(missing: 0))
    }

    @Test mutating func `also where something of a later one came before`() {
        self.confirm(at: 100)
        _ = self.judge(3, epoch: Self.first)
        #expect(self.judge(1, epoch: Self.third) == .next(missing: 0))
        #expect(self.heard(6, epoch: Self.first) == 3)
        #expect(self.heard(4, epoch: Self.second) == 4)
        #expect(self.heard(4, epoch: Self.second) == 0)
        #expect(self.judge(2, epoch: Self.third) == .next(missing: 0))
    }

    @Test mutating func `a message of an epoch that is over is late, or repeated, and never delivered`() {
        self.confirm(at: 100)
        _ = self.judge(3, epoch: Self.first)
        _ = self.judge(1, epoch: Self.third)
        #expect(self.judge(3, epoch: Self.first) == .repeated)
        #expect(self.judge(4, epoch: Self.first) == .late)
        #expect(self.judge(1, epoch: Self.second) == .late)
        // It was not delivered, so where it was accepted it is missing.
        #expect(self.heard(4, epoch: Self.first) == 1)
        #expect(self.heard(1, epoch: Self.second) == 1)
    }

    @Test mutating func `epochs beyond those remembered are neither delivered nor counted`() {
        self.confirm(at: 100)
        for number in 1...20 {
            let epoch = Self.epoch(UInt64(number), began: 200 + UInt64(number) * 10)
            #expect(self.judge(1, epoch: epoch) == .next(missing: 0))
        }
        #expect(self.heard(5, epoch: Self.epoch(3, began: 230)) == 0)
        #expect(self.heard(5, epoch: Self.epoch(4, began: 235)) == 0)
        #expect(self.heard(5, epoch: Self.epoch(19, began: 390)) == 4)
        #expect(self.judge(5, epoch: Self.epoch(3, began: 230)) == .late)
    }

    @Test mutating func `a counter that jumps beyond all reason counts nothing`() {
        self.confirm()
        _ = self.judge(1)
        #expect(self.judge(.max) == .next(missing: 0))
        #expect(self.judge(1, of: Self.two) == .next(missing: 0))
        #expect(self.heard(.max, of: Self.two) == 0)
    }

    @Test mutating func `origins that are gone are forgotten`() {
        self.confirm()
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
        self.confirm()
        for origin in 1...10 {
            #expect(self.judge(1, of: BusOrigin(high: UInt64(origin), low: 0)) == .next(missing: 0))
        }
        #expect(self.receiver.followed == 2)
        #expect(self.judge(5, of: BusOrigin(high: 10, low: 0)) == .next(missing: 0))
        #expect(self.judge(5, of: BusOrigin(high: 1, low: 0)) == .next(missing: 3))
    }
}
