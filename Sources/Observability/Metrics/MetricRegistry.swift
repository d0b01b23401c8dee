package import Instruments

/// All parts that have numbers, asked at once when somebody scrapes.
package final class MetricRegistry: Sendable {
    /// Every family, in the order of the exposition: what dashboards and alerts are held to.
    package let families: [MetricFamily]
    private let sources: [MeteredSource]
    private let limit: Duration
    private let log: EventLog

    /// - Parameters:
    ///   - sources: In the order of the exposition.
    ///   - limit: What each part is given; one that takes longer is shown with its last numbers.
    /// - Throws: The first of the `faults` of these sources.
    package init(
        _ sources: [any MetricSource],
        limit: Duration = .seconds(1),
        log: EventLog = EventLog(threshold: .error, sink: NoLog())
    ) throws(MetricFault) {
        self.families = sources.flatMap(\.families)
        if let fault = MetricFault.faults(of: self.families).first { throw fault }
        self.sources = sources.map(MeteredSource.init)
        self.limit = limit
        self.log = log
    }

    /// All that is wrong with what these sources declare.
    package static func faults(of sources: [any MetricSource]) -> [MetricFault] {
        MetricFault.faults(of: sources.flatMap(\.families))
    }

    /// Asks all parts at the same time.
    ///
    /// Takes no longer than the limit, whatever they do.
    package func measure() async -> Measurements {
        let answers = await withTaskGroup(of: (Int, MeteredSource.Answer).self) { group in
            for (index, source) in self.sources.enumerated() {
                group.addTask { (index, await source.measure(within: self.limit)) }
            }
            var answers: [Int: MeteredSource.Answer] = [:]
            for await (index, answer) in group { answers[index] = answer }
            return answers
        }
        var measurements = Measurements()
        for (index, source) in self.sources.enumerated() {
            // Its families stand there even where it never answered.
            for family in source.families { measurements.declare(family) }
            guard let answer = answers[index] else { continue }
            measurements.add(answer.measurements)
            if answer.isNewlyLate { self.tell(of: source) }
        }
        return measurements
    }

    private func tell(of source: MeteredSource) {
        self.log.write(
            ObservabilityEvent.sourceLate,
            [(.reason, .text(source.name)), (.durationMs, .integer(self.limit.wholeMilliseconds))]
        )
    }
}

extension Measurements {
    /// Another part's numbers.
    fileprivate mutating func add(_ other: Measurements) {
        for family in other.families {
            for series in family.series {
                switch series.value {
                case .number(let number): self.record(family.family, series.labels, number)
                case .histogram(let histogram): self.record(family.family, series.labels, histogram)
                }
            }
        }
    }
}
