package import Instruments

/// A moment on both clocks that the fleet channel needs.
package struct FleetTime: Sendable {
    package let now: Instant
    /// Nanoseconds since 1970 on the clock that all instances share, as far as this one knows it.
    package let wallNanoseconds: UInt64

    package init(now: Instant, wallNanoseconds: UInt64) {
        self.now = now
        self.wallNanoseconds = wallNanoseconds
    }
}

/// How the clock of one instance stands to the fleet's.
package struct FleetClockReading: Equatable, Sendable {
    /// What is added to the instance's own time to have the fleet's, in nanoseconds.
    package let offset: Int64
    /// How far off that may be, either way.
    package let error: UInt64

    package init(offset: Int64, error: UInt64) {
        self.offset = offset
        self.error = error
    }
}
