package import Instruments

/// A point in time of the clock that all instances share, as one of them reads it.
package struct BusTime: Hashable, Sendable {
    /// Since 1970.
    package let nanoseconds: UInt64
    /// By how much it may be off, in nanoseconds; `.max` where the shared clock was never asked.
    package let error: UInt64

    package init(nanoseconds: UInt64, error: UInt64) {
        self.nanoseconds = nanoseconds
        self.error = error
    }

    /// Whether this certainly was earlier: both errors taken together do not bridge what lies between.
    package func isCertainlyBefore(_ other: BusTime) -> Bool {
        let (errors, isUnknown) = self.error.addingReportingOverflow(other.error)
        guard !isUnknown, other.nanoseconds > self.nanoseconds else { return false }
        return other.nanoseconds - self.nanoseconds > errors
    }
}

/// The broker's clock, which all instances share, as this one knows it.
///
/// It is asked now and then. The answer was true at some moment between question and answer, so it may be off by half
/// of the time between them; what is known grows older by what two clocks may drift apart.
package struct BusClock: Sendable {
    private struct Reading {
        /// What the shared clock showed in the middle between question and answer.
        let shared: UInt64
        let at: Instant
        let error: UInt64

        func time(at now: Instant) -> BusTime {
            let age = (now - self.at).wholeNanoseconds
            let shown = age >= 0 ? self.shared &+ age.magnitude : self.shared &- age.magnitude
            return BusTime(nanoseconds: shown, error: self.error + age.magnitude / BusClock.driftsOneIn)
        }
    }

    /// Two clocks drift apart by less than one nanosecond in so many.
    private static let driftsOneIn: UInt64 = 5000

    private var reading: Reading?

    package init() {}

    /// The shared clock was asked.
    ///
    /// The better of this and what was known counts; where they contradict each other, the clock was set, and this
    /// does.
    ///
    /// - Parameters:
    ///   - shared: What it showed, in nanoseconds since 1970.
    ///   - resolution: The smallest step of what it shows, in nanoseconds.
    package mutating func learned(_ shared: UInt64, asked: Instant, answered: Instant, resolution: UInt64) {
        let between = (answered - asked).wholeNanoseconds.magnitude
        let new = Reading(shared: shared, at: asked + .nanoseconds(between / 2), error: between / 2 + resolution)
        guard let known = self.reading else {
            self.reading = new
            return
        }
        let (before, after) = (known.time(at: answered), new.time(at: answered))
        if after.error <= before.error || before.isCertainlyBefore(after) || after.isCertainlyBefore(before) {
            self.reading = new
        }
    }

    /// The shared time, or this machine's, of unknown error, where the shared clock was never asked.
    ///
    /// - Parameter wallNanoseconds: This machine's clock, in nanoseconds since 1970.
    package func time(at now: Instant, wallNanoseconds: UInt64) -> BusTime {
        self.reading?.time(at: now) ?? BusTime(nanoseconds: wallNanoseconds, error: .max)
    }
}
