package import Instruments

/// The metric families of event loops and their send queues.
package enum ReactorMetrics {
    private static let loop = MetricLabel("loop", "the name of an event loop, such as `loop-0`")

    static let queueBytes = MetricFamily(
        "atalaya_send_queue_bytes",
        .gauge,
        "Bytes that wait in the send queues of all connections."
    )
    static let slowConsumers = MetricFamily(
        "atalaya_slow_consumers",
        .gauge,
        "Connections with anything in their send queue."
    )
    static let queueAge = MetricFamily(
        "atalaya_send_queue_age_seconds",
        .histogram,
        "How long messages waited in a send queue before they were written."
    )
    static let lag = MetricFamily(
        "atalaya_event_loop_lag_seconds",
        .histogram,
        "How long each turn of an event loop kept everything else on it waiting.",
        labels: [loop]
    )
    static let utilization = MetricFamily(
        "atalaya_event_loop_utilization_ratio",
        .gauge,
        "Share of the time since the previous scrape in which an event loop was busy, from 0 to 1.",
        labels: [loop]
    )

    package static let all = [queueBytes, slowConsumers, queueAge, lag, utilization]

    /// - Parameters:
    ///   - loops: One copy per loop.
    ///   - utilization: Of the same loops.
    package static func record(
        _ loops: [LoopSnapshot],
        utilization: [Double],
        into measurements: inout Measurements
    ) {
        measurements.record(self.queueBytes, loops.reduce(0) { $0 + $1.queuedBytes })
        measurements.record(self.slowConsumers, loops.reduce(0) { $0 + $1.backlogged })
        var age = Histogram(bounds: Histogram.latencySeconds)
        for loop in loops {
            age += loop.queueAge
        }
        measurements.record(self.queueAge, age)
        for (index, loop) in loops.enumerated() {
            measurements.record(self.lag, [loop.loop], loop.lag)
            measurements.record(self.utilization, [loop.loop], utilization[index])
        }
    }
}

/// How busy loops were between two observations.
package struct UtilizationMeter: Sendable {
    private var last: [(busy: Duration, idle: Duration)] = []
    private var shown: [Double] = []

    package init() {}

    /// - Returns: For each loop, busy time divided by all time since the last call; the last value if less than a
    ///   second has passed.
    package mutating func look(at loops: [LoopSnapshot]) -> [Double] {
        guard self.last.count == loops.count else {
            self.last = loops.map { ($0.busy, $0.idle) }
            self.shown = loops.map { Self.ratio($0.busy, $0.idle) }
            return self.shown
        }
        for (index, loop) in loops.enumerated() {
            let busy = loop.busy - self.last[index].busy
            let idle = loop.idle - self.last[index].idle
            guard busy + idle >= .seconds(1) else { continue }
            self.last[index] = (loop.busy, loop.idle)
            self.shown[index] = Self.ratio(busy, idle)
        }
        return self.shown
    }

    private static func ratio(_ busy: Duration, _ idle: Duration) -> Double {
        let all = (busy + idle).inSeconds
        return all > 0 ? busy.inSeconds / all : 0
    }
}
