import Instruments
import TestKit
import Testing

@testable import Observability

@Suite(.timeLimit(.minutes(1))) struct MetricRegistryTests {
    @Test func `families stand in the order of the sources, also where a source says nothing`() async throws {
        let quiet = Source([MetricFamily("quiet", .gauge, "Q.")]) { _ in }
        let loud = Source([MetricFamily("loud_total", .counter, "L.", labels: ["a"])]) { measurements in
            measurements.record(MetricFamily("loud_total", .counter, "L.", labels: ["a"]), ["b"], 3)
        }
        let registry = try MetricRegistry([quiet, loud], limit: .seconds(30))
        #expect(registry.families.map(\.name) == ["quiet", "loud_total"])
        let measurements = await registry.measure()
        #expect(measurements.families.map(\.family.name) == ["quiet", "loud_total"])
        #expect(measurements.families.map(\.series.count) == [0, 1])
        #expect(measurements.families.last?.series.first?.labels == ["b"])
        #expect(measurements.families.last?.series.first?.value == .number(3))
    }

    @Test func `all sources are asked at the same time`() async throws {
        // Each answers only once the other was asked: one after the other would never end.
        let (one, other) = (Gate(), Gate())
        let first = Source([MetricFamily("first", .gauge, "F.")]) { measurements in
            one.open()
            await other.passed()
            measurements.record(MetricFamily("first", .gauge, "F."), [], 1)
        }
        let second = Source([MetricFamily("second", .gauge, "S.")]) { measurements in
            other.open()
            await one.passed()
            measurements.record(MetricFamily("second", .gauge, "S."), [], 1)
        }
        let measurements = try await MetricRegistry([first, second], limit: .seconds(30)).measure()
        #expect(measurements.families.map(\.series.count) == [1, 1])
    }

    @Test func `a source that is stuck is shown with its last numbers, named once, and not asked again`() async throws {
        let family = MetricFamily("stuck", .gauge, "S.")
        let gate = Gate()
        let asked = Observed(0)
        let stuck = Source([family]) { measurements in
            var turn = 0
            asked.change { asked in
                asked += 1
                turn = asked
            }
            if turn == 2 { await gate.passed() }
            measurements.record(family, [], turn)
        }
        let sink = RecordingSink()
        let clock = ManualClock()
        let registry = try MetricRegistry([stuck], log: EventLog(threshold: .info, sink: sink), clock: clock)
        #expect(await value(in: registry.measure()) == .number(1))
        async let second = registry.measure()
        try await asked.wait(for: "the second question") { $0 == 2 }
        try await clock.skipSleep()
        #expect(await value(in: second) == .number(1), "the second answer does not come")
        #expect(await value(in: registry.measure()) == .number(1))
        #expect(asked.state == 2)
        let told = sink.records.withLock { $0 }
        #expect(told.map(\.event) == ["metrics.source_late"])
        #expect(told.first?.values.first?.1 == .text("Source"))
        gate.open()
        // Its late answer is shown until it has been asked again, which it is as soon as that answer is there.
        var latest: Measurements.Value?
        repeat {
            await Task.yield()
            latest = await value(in: registry.measure())
        } while latest == .number(1) || latest == .number(2)
        #expect(latest == .number(3))
    }

    @Test func `a source that never answers still has its families there`() async throws {
        let family = MetricFamily("stuck", .gauge, "S.")
        let gate = Gate()
        let stuck = Source([family]) { _ in await gate.passed() }
        let clock = ManualClock()
        let registry = try MetricRegistry([stuck], clock: clock)
        async let measuring = registry.measure()
        try await clock.skipSleep()
        let measurements = await measuring
        #expect(measurements.families.map(\.family) == [family])
        #expect(measurements.families.first?.series.isEmpty == true)
        gate.open()
    }

    @Test func `a family that two sources declare is a fault at start`() {
        let family = MetricFamily("twice_total", .counter, "T.")
        let sources = [Source([family]) { _ in }, Source([family]) { _ in }]
        #expect(throws: MetricFault.declaredTwice("twice_total")) { try MetricRegistry(sources) }
        #expect(MetricRegistry.faults(of: sources) == [.declaredTwice("twice_total")])
    }

    private func value(in measurements: Measurements) -> Measurements.Value? {
        measurements.families.first?.series.first?.value
    }
}

/// A part whose numbers are whatever the test says.
private struct Source: MetricSource {
    let families: [MetricFamily]
    private let fill: @Sendable (inout Measurements) async -> Void

    init(_ families: [MetricFamily], _ fill: @escaping @Sendable (inout Measurements) async -> Void) {
        self.families = families
        self.fill = fill
    }

    func measure(into measurements: inout Measurements) async {
        await self.fill(&measurements)
    }
}

/// Lets through whoever comes, once it is open.
private final class Gate: Sendable {
    private let first = FirstValue<Void>()

    func open() {
        self.first.give(())
    }

    func passed() async {
        await self.first.value
    }
}
