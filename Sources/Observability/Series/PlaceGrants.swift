package import Instruments

/// Bounds how many ids win a place in any hour, so that clients that come and go cannot fill a Prometheus.
package struct PlaceGrants: Sendable {
    private static let minutes = 60

    private let perHour: Int
    /// How many were granted in each of the last minutes, in a ring.
    private var byMinute: [Int]
    private var total = 0
    private var minute: UInt64 = 0

    package init(perHour: Int) {
        self.perHour = perHour
        self.byMinute = Array(repeating: 0, count: Self.minutes)
    }

    /// - Returns: Whether one more id may win a place now.
    package mutating func take(at now: Instant) -> Bool {
        self.forget(at: now)
        guard self.total < self.perHour else { return false }
        self.total += 1
        self.byMinute[Int(self.minute % UInt64(Self.minutes))] += 1
        return true
    }

    private mutating func forget(at now: Instant) {
        let minute = now.nanoseconds / 60_000_000_000
        let passed = min(minute - min(self.minute, minute), UInt64(Self.minutes))
        for step in 0..<passed {
            let place = Int((self.minute + 1 + step) % UInt64(Self.minutes))
            self.total -= self.byMinute[place]
            self.byMinute[place] = 0
        }
        self.minute = max(self.minute, minute)
    }
}
