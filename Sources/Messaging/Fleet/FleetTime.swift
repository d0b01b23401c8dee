package import Instruments

/// A moment on the clocks that the fleet channel needs.
package struct FleetTime: Sendable {
    package let now: Instant
    /// What the clock shows that all instances share.
    package let shared: BusTime
    /// What this machine's shows, in nanoseconds since 1970.
    package let wallNanoseconds: UInt64

    package init(now: Instant, shared: BusTime, wallNanoseconds: UInt64) {
        self.now = now
        self.shared = shared
        self.wallNanoseconds = wallNanoseconds
    }

    /// How this machine's clock stands to the shared one; `nil` where that was never asked.
    var reading: FleetClockReading? {
        guard self.shared.error < .max else { return nil }
        let offset = Int64(bitPattern: self.shared.nanoseconds &- self.wallNanoseconds)
        return FleetClockReading(offset: offset, error: self.shared.error)
    }
}

/// How the clock of one instance stands to the one that all share.
package struct FleetClockReading: Equatable, Sendable {
    /// What is added to the instance's own time to have the shared one, in nanoseconds.
    package let offset: Int64
    /// How far off that may be, either way.
    package let error: UInt64

    package init(offset: Int64, error: UInt64) {
        self.offset = offset
        self.error = error
    }
}
