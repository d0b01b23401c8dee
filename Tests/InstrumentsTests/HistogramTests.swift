import Testing

@testable import Instruments

@Suite struct HistogramTests {
    @Test func `an observation counts in the first bucket whose bound is not below it`() {
        var histogram = Histogram(bounds: [1, 5])
        for value in [0.5, 1, 1.000001, 5, 5.1] { histogram.observe(value) }
        #expect(histogram.counts == [2, 2, 1])
        #expect(histogram.count == 5)
        #expect(abs(histogram.sum - 12.600001) < 1e-9)
    }

    @Test func `the same observation many times is one step`() {
        var histogram = Histogram(bounds: [1])
        histogram.observe(0.25, times: 1000)
        #expect(histogram.counts == [1000, 0])
        #expect(histogram.sum == 250)
    }

    @Test func `durations are observed in seconds`() {
        var histogram = Histogram(bounds: Histogram.latencySeconds)
        histogram.observe(.milliseconds(250))
        #expect(histogram.sum == 0.25)
        #expect(histogram.counts.firstIndex(of: 1).map { histogram.bounds[$0] } == 0.25)
    }

    @Test func `the time between two instants is observed in seconds`() {
        var histogram = Histogram(bounds: [0, 1])
        histogram.observe(from: Instant(nanoseconds: 7), to: Instant(nanoseconds: 7))
        histogram.observe(from: Instant(nanoseconds: 500_000_000), to: Instant(nanoseconds: 750_000_000))
        histogram.observe(from: Instant(nanoseconds: 0), to: Instant(nanoseconds: .max))
        #expect(histogram.counts == [1, 1, 1])
        #expect(histogram.sum > 9e9)
    }

    @Test func `two loops' histograms add up`() {
        var one = Histogram(bounds: [1, 5])
        var other = Histogram(bounds: [1, 5])
        one.observe(0.5)
        other.observe(0.5, times: 2)
        other.observe(9)
        one += other
        #expect(one.counts == [3, 0, 1])
        #expect(one.sum == 10.5)
        #expect(other.counts == [2, 0, 1])
    }

    @Test(arguments: [Histogram.latencySeconds, Histogram.lifetimeSeconds, Histogram.recipients])
    func `bounds ascend`(bounds: [Double]) {
        #expect(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 })
    }
}
