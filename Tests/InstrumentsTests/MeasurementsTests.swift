import Testing

@testable import Instruments

@Suite struct MeasurementsTests {
    @Test func `families keep the order in which they first came`() {
        let (one, other) = (MetricFamily("one", .gauge, "O."), MetricFamily("other", .gauge, "O.", labels: ["a"]))
        var measurements = Measurements()
        measurements.declare(one)
        measurements.record(other, ["x"], 1)
        measurements.record(one, [], 2.5)
        measurements.record(other, ["y"], UInt64(3))
        measurements.declare(one)
        #expect(measurements.families.map(\.family) == [one, other])
        #expect(measurements.families[0].series == [Measurements.Series(labels: [], value: .number(2.5))])
        #expect(measurements.families[1].series.map(\.labels) == [["x"], ["y"]])
        #expect(measurements.families[1].series.map(\.value) == [.number(1), .number(3)])
    }
}
