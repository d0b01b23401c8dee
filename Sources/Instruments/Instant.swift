/// A point in time of the machine's monotonic clock (`CLOCK_MONOTONIC`), which never goes back and has no calendar.
///
/// Decisions get the time as a parameter. Only the event loop reads the clock, once per tick.
package struct Instant: Hashable, Comparable, Sendable {
    package let nanoseconds: UInt64

    @inlinable
    package init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    @inlinable
    package static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// Saturates at both ends, so that a distant deadline never wraps around.
    package static func + (instant: Instant, duration: Duration) -> Instant {
        let added = duration.wholeNanoseconds
        if added >= 0 {
            let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(UInt64(added))
            return Instant(nanoseconds: overflow ? .max : sum)
        }
        let taken = added.magnitude
        return Instant(nanoseconds: instant.nanoseconds > taken ? instant.nanoseconds - taken : 0)
    }

    /// The time from `right` to `left`; negative if `right` is later.
    package static func - (left: Instant, right: Instant) -> Duration {
        .nanoseconds(Int64(clamping: left.nanoseconds) - Int64(clamping: right.nanoseconds))
    }
}

extension Duration {
    /// In nanoseconds, saturating at about 292 years.
    package var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = self.components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow {
            return seconds < 0 ? .min : .max
        }
        let (sum, carried) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carried ? (seconds < 0 ? .min : .max) : sum
    }

    /// In milliseconds, rounded towards zero.
    package var wholeMilliseconds: Int64 {
        self.wholeNanoseconds / 1_000_000
    }

    /// In milliseconds, to the microsecond.
    package var inMilliseconds: Double {
        Double(self.wholeNanoseconds / 1000) / 1000
    }

    /// In seconds, as Prometheus expects.
    package var inSeconds: Double {
        Double(self.wholeNanoseconds) / 1e9
    }
}
