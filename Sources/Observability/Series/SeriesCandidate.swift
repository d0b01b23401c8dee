/// One id that may be chosen for a place, with what speaks for it.
package struct SeriesCandidate: Sendable {
    package let id: SeriesID
    /// Bytes per second, both ways, in the last window.
    package var load: Float
    /// Deliveries dropped in the last window.
    package var dropped: UInt64
    package var queuedBytes: Int
    /// In microseconds.
    package var roundTrip: UInt32

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
    var isAiling: Bool {
        self.dropped > 0 || self.queuedBytes > 0 || self.roundTrip > Self.fastMicroseconds
    }

    /// How ill it is, the worst sign first.
    ///
    /// Sizes and times count by their powers of two, so that places do not change hands for a millisecond.
    var ailments: (UInt64, Int, Int) {
        (
            self.dropped, Self.magnitude(UInt64(max(0, self.queuedBytes))),
            self.roundTrip > Self.fastMicroseconds ? Self.magnitude(UInt64(self.roundTrip)) : 0
        )
    }

    private static func magnitude(_ number: UInt64) -> Int {
        UInt64.bitWidth - number.leadingZeroBitCount
    }
}
