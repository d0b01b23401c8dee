package import Instruments

/// All parts that have numbers, which are all asked at once for a scrape.
package final class MetricRegistry: Sendable {
    /// Every family, in the order of the exposition; dashboards and alerts are checked against it.
    package let families: [MetricFamily]
    private let parts: [Part]
    private let limit: Duration
    private let log: EventLog

    private struct Part {
        let name: String
        let families: [MetricFamily]
        let inquiry: Inquiry<Measurements>

        init(_ source: any MetricSource, _ clock: some Clock<Duration>) {
            self.name = "\(type(of: source))"
            self.families = source.families
            self.inquiry = Inquiry(clock: clock) { answer in
                // Owned by nobody, since a part that is stuck may never return and cannot be ended.
                Task {
                    var measurements = Measurements()
                    await source.measure(into: &measurements)
                    answer(measurements)
                }
                return true
            }
        }
    }

    /// - Parameters:
    ///   - sources: In the order of the exposition.
    ///   - limit: The time each part is given; one that takes longer is shown with its last numbers.
    ///   - clock: The clock that measures the limit.
    /// - Throws: The first of the `faults` of these sources.
    package init(
        _ sources: [any MetricSource],
        limit: Duration = .seconds(1),
        log: EventLog = EventLog(threshold: .error, sink: NoLog()),
        clock: some Clock<Duration> = ContinuousClock()
    ) throws(MetricFault) {
        self.families = sources.flatMap(\.families)
        if let fault = MetricFault.faults(of: self.families).first { throw fault }
        self.parts = sources.map { Part($0, clock) }
        self.limit = limit
        self.log = log
    }

    /// Everything that is wrong with what these sources declare.
    package static func faults(of sources: [any MetricSource]) -> [MetricFault] {
        MetricFault.faults(of: sources.flatMap(\.families))
    }

    /// Asks all parts at the same time.
    ///
    /// Takes no longer than the limit, whatever they do. A part that does not answer in time is shown with its last
    /// numbers and logged once.
    package func measure() async -> Measurements {
        let replies = await Inquiry.replies(of: self.parts.map(\.inquiry), within: self.limit)
        var measurements = Measurements()
        for (part, reply) in zip(self.parts, replies) {
            // Its families are listed even if it never answered.
            for family in part.families { measurements.declare(family) }
            if let latest = reply.latest { measurements.add(latest) }
            if case .late(_, _, isNew: true) = reply { self.tell(of: part) }
        }
        return measurements
    }

    private func tell(of part: Part) {
        self.log.write(
            ObservabilityEvent.sourceLate,
            [(.source, .text(part.name)), (.durationMs, .integer(self.limit.wholeMilliseconds))]
        )
    }
}
