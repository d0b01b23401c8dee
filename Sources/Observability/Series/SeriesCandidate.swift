/// One id that may be chosen for a place, with what speaks for it.
package struct SeriesCandidate: Sendable {
    package let id: SeriesID
    /// Bytes per second, both ways, in the last window.
    package let load: Float
    /// Deliveries dropped in the last window.
    package let dropped: UInt64
    package let queuedBytes: Int
    /// In microseconds.
    package let roundTrip: UInt32

    /// A round trip that nobody complains about.
    private static let fastMicroseconds: UInt32 = 100_000

    package init(_ id: SeriesID, load: Float, dropped: UInt64, queuedBytes: Int, roundTrip: UInt32) {
        self.id = id
        self.load = load
        self.dropped = dropped
        self.queuedBytes = queuedBytes
        self.roundTrip = roundTrip
    }

    /// Whether anything is wrong with it at all.
    package var isAiling: Bool {
        self.dropped > 0 || self.queuedBytes > 0 || self.roundTrip > Self.fastMicroseconds
    }

    /// Whether it can win a place at all.
    package var speaksForItself: Bool { self.load > 0 || self.isAiling }

    /// Both of one user.
    package func together(with other: SeriesCandidate) -> SeriesCandidate {
        SeriesCandidate(
            self.id,
            load: self.load + other.load,
            dropped: self.dropped + other.dropped,
            queuedBytes: self.queuedBytes + other.queuedBytes,
            roundTrip: max(self.roundTrip, other.roundTrip)
        )
    }

    /// Between equals, the one that has a place is heavier.
    package func isHeavier(than other: SeriesCandidate, shown: Set<SeriesID>) -> Bool {
        guard self.load == other.load else { return self.load > other.load }
        return shown.contains(self.id) && !shown.contains(other.id)
    }

    /// Between equals, the one that has a place is worse.
    package func isWorse(than other: SeriesCandidate, shown: Set<SeriesID>) -> Bool {
        let (left, right) = (self.ailments, other.ailments)
        return left != right ? left > right : shown.contains(self.id) && !shown.contains(other.id)
    }

    /// How ill it is, the worst sign first.
    ///
    /// Sizes and times count by their powers of two, so that places do not change hands for a millisecond.
    private var ailments: (UInt64, Int, Int) {
        (
            self.dropped, Self.magnitude(UInt64(max(0, self.queuedBytes))),
            self.roundTrip > Self.fastMicroseconds ? Self.magnitude(UInt64(self.roundTrip)) : 0
        )
    }

    private static func magnitude(_ number: UInt64) -> Int {
        UInt64.bitWidth - number.leadingZeroBitCount
    }
}
