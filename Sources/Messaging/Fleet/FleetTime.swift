package import Instruments

/// A moment on the two clocks that the fleet channel needs.
package struct FleetTime: Sendable {
    package let now: Instant
    /// The clock that all instances share.
    package let shared: BusTime
    /// This machine's clock, in nanoseconds since 1970.
    package let wallNanoseconds: UInt64

    package init(now: Instant, shared: BusTime, wallNanoseconds: UInt64) {
        self.now = now
        self.shared = shared
        self.wallNanoseconds = wallNanoseconds
    }

    /// The offset of this machine's clock from the shared one; `nil` if it was never measured.
    var reading: FleetClockReading? {
        guard self.shared.error < .max else { return nil }
        let offset = Int64(bitPattern: self.shared.nanoseconds &- self.wallNanoseconds)
        return FleetClockReading(offset: offset, error: self.shared.error)
    }
}

/// The offset of one instance's clock from the one that all share.
package struct FleetClockReading: Equatable, Sendable {
    /// What to add to the instance's own time to get the shared time, in nanoseconds.
    package let offset: Int64
    /// How far off this may be, in either direction.
    package let error: UInt64

    package init(offset: Int64, error: UInt64) {
        self.offset = offset
        self.error = error
    }
}
