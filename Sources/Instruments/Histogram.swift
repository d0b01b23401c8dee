/// Counts of observations by size, in buckets fixed at creation; owned by one loop, copied by a scrape.
package struct Histogram: Sendable, Equatable {
    /// Upper bounds of the buckets, ascending, without the last one, +Inf.
    package let bounds: [Double]
    /// One count per bucket, plus one for +Inf; not cumulative.
    package private(set) var counts: [UInt64]
    package private(set) var sum: Double = 0

    package init(bounds: [Double]) {
        self.bounds = bounds
        self.counts = Array(repeating: 0, count: bounds.count + 1)
    }

    /// The total number of observations.
    package var count: UInt64 {
        self.counts.reduce(0, +)
    }

    /// Adds the same observation `times` times.
    package mutating func observe(_ value: Double, times: UInt64 = 1) {
        var bucket = 0
        while bucket < self.bounds.count, value > self.bounds[bucket] {
            bucket += 1
        }
        self.counts[bucket] += times
        self.sum += value * Double(times)
    }

    package mutating func observe(_ duration: Duration, times: UInt64 = 1) {
        self.observe(duration.inSeconds, times: times)
    }

    /// The time from one instant to a later one.
    ///
    /// For hot paths: a `Duration` would be made and taken apart by arithmetic in 128 bits.
    package mutating func observe(from start: Instant, to end: Instant) {
        self.observe(Double(Int64(clamping: end.nanoseconds) - Int64(clamping: start.nanoseconds)) / 1e9)
    }

    /// Adds another loop's observations; both must have the same bounds.
    package static func += (left: inout Histogram, right: Histogram) {
        precondition(left.bounds == right.bounds, "histograms of one family share their bounds")
        for index in left.counts.indices {
            left.counts[index] += right.counts[index]
        }
        left.sum += right.sum
    }
}

extension Histogram {
    /// Network and queueing times, in seconds: 100 µs to 60 s.
    package static let latencySeconds: [Double] = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]
    /// Durations of connections, in seconds: 1 s to a day.
    package static let lifetimeSeconds: [Double] = [1, 5, 15, 60, 300, 900, 3600, 14400, 43200, 86400]
    /// Recipients of one message on one loop.
    package static let recipients: [Double] = [0, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000]
}
