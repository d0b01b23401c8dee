package import Instruments

/// A point in time on the clock that all instances share, as read by one of them.
package struct BusTime: Hashable, Sendable {
    /// Since 1970.
    package let nanoseconds: UInt64
    /// How far it may be off, in nanoseconds; `.max` if the shared clock was never read.
    package let error: UInt64

    package init(nanoseconds: UInt64, error: UInt64) {
        self.nanoseconds = nanoseconds
        self.error = error
    }

    /// Whether this was certainly earlier: the difference is larger than both errors together.
    package func isCertainlyBefore(_ other: BusTime) -> Bool {
        let (errors, isUnknown) = self.error.addingReportingOverflow(other.error)
        guard !isUnknown, other.nanoseconds > self.nanoseconds else { return false }
        return other.nanoseconds - self.nanoseconds > errors
    }
}

/// The broker's clock, which all instances share, as this one knows it.
///
/// It is read now and then. The answer was true at some moment between question and answer, so it may be off by half of
/// that time. As it ages, the error grows by how far two clocks may drift apart.
package struct BusClock: Sendable {
    private struct Reading {
        /// What the shared clock showed halfway between question and answer.
        let shared: UInt64
        let at: Instant
        let error: UInt64

        func time(at now: Instant) -> BusTime {
            let age = (now - self.at).wholeNanoseconds
            let shown = age >= 0 ? self.shared &+ age.magnitude : self.shared &- age.magnitude
            return BusTime(nanoseconds: shown, error: self.error + age.magnitude / BusClock.driftsOneIn)
        }
    }

    /// Two clocks drift apart by less than one nanosecond in this many.
    private static let driftsOneIn: UInt64 = 5000

    private var reading: Reading?

    package init() {}

    /// The shared clock was read.
    ///
    /// The more precise of this and the previous reading counts. If they contradict each other, the clock was set, and
    /// this reading counts.
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

    /// The shared time; or this machine's time, with unknown error, if the shared clock was never read.
    ///
    /// - Parameter wallNanoseconds: This machine's clock, in nanoseconds since 1970.
    package func time(at now: Instant, wallNanoseconds: UInt64) -> BusTime {
        self.reading?.time(at: now) ?? BusTime(nanoseconds: wallNanoseconds, error: .max)
    }
}
