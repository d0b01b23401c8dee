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

    @Test func `each number lands in its family, in whatever order they come`() {
        let families = (0..<3).map { MetricFamily("family\($0)", .gauge, "F.", labels: ["row"]) }
        var measurements = Measurements()
        var expected = [[String]](repeating: [], count: families.count)
        let orders = [[0, 1, 2], [0, 1, 2], [0, 2], [2, 1, 0], [1], [1], [0, 1, 2]]
        for (row, order) in orders.enumerated() {
            for index in order {
                measurements.record(families[index], ["\(row)"], row)
                expected[index].append("\(row)")
            }
        }
        #expect(measurements.families.map(\.family) == families)
        #expect(measurements.families.map { $0.series.flatMap(\.labels) } == expected)
    }

    @Test func `what another part measured follows what is there`() {
        let families = (0..<3).map { MetricFamily("family\($0)", .gauge, "F.") }
        var (one, other) = (Measurements(), Measurements())
        one.declare(families[0])
        one.record(families[1], 1)
        other.record(families[2], 2)
        other.record(families[1], 3)
        other.record(families[0], 4)
        one.add(other)
        #expect(one.families.map(\.family) == families)
        #expect(one.families.map { $0.series.map(\.value) } == [[.number(4)], [.number(1), .number(3)], [.number(2)]])
    }
}
