import Instruments
import Testing

@testable import Observability

@Suite struct ExpositionTests {
    @Test func `the whole text for Prometheus`() {
        #expect(
            text(.prometheus, .example) == #"""
                # HELP atalaya_messages_sent_total Messages "sent", by C:\\path\nand more.
                # TYPE atalaya_messages_sent_total counter
                atalaya_messages_sent_total{protocol="plain"} 9007199254740991
                atalaya_messages_sent_total{protocol="a\\b\"c\nd"} 0
                # HELP atalaya_nothing_yet A family without series.
                # TYPE atalaya_nothing_yet gauge
                # HELP atalaya_utilization_ratio Shares.
                # TYPE atalaya_utilization_ratio gauge
                atalaya_utilization_ratio 0.1
                atalaya_utilization_ratio -3
                atalaya_utilization_ratio 1e-07
                atalaya_utilization_ratio 1.5e+300
                atalaya_utilization_ratio +Inf
                atalaya_utilization_ratio -Inf
                atalaya_utilization_ratio NaN
                # HELP atalaya_wait_seconds Waits.
                # TYPE atalaya_wait_seconds histogram
                atalaya_wait_seconds_bucket{loop="0",stage="queue",le="0.005"} 1
                atalaya_wait_seconds_bucket{loop="0",stage="queue",le="1"} 3
                atalaya_wait_seconds_bucket{loop="0",stage="queue",le="+Inf"} 4
                atalaya_wait_seconds_sum{loop="0",stage="queue"} 10.504
                atalaya_wait_seconds_count{loop="0",stage="queue"} 4
                # HELP atalaya_recipients Recipients.
                # TYPE atalaya_recipients histogram
                atalaya_recipients_bucket{le="0"} 0
                atalaya_recipients_bucket{le="25000"} 2
                atalaya_recipients_bucket{le="+Inf"} 2
                atalaya_recipients_sum 20000
                atalaya_recipients_count 2

                """#
        )
    }

    @Test func `the whole text for OpenMetrics`() {
        #expect(
            text(.openMetrics, .example) == #"""
                # HELP atalaya_messages_sent Messages \"sent\", by C:\\path\nand more.
                # TYPE atalaya_messages_sent counter
                atalaya_messages_sent_total{protocol="plain"} 9007199254740991
                atalaya_messages_sent_total{protocol="a\\b\"c\nd"} 0
                # HELP atalaya_nothing_yet A family without series.
                # TYPE atalaya_nothing_yet gauge
                # HELP atalaya_utilization_ratio Shares.
                # TYPE atalaya_utilization_ratio gauge
                # UNIT atalaya_utilization_ratio ratio
                atalaya_utilization_ratio 0.1
                atalaya_utilization_ratio -3
                atalaya_utilization_ratio 1e-07
                atalaya_utilization_ratio 1.5e+300
                atalaya_utilization_ratio +Inf
                atalaya_utilization_ratio -Inf
                atalaya_utilization_ratio NaN
                # HELP atalaya_wait_seconds Waits.
                # TYPE atalaya_wait_seconds histogram
                # UNIT atalaya_wait_seconds seconds
                atalaya_wait_seconds_bucket{loop="0",stage="queue",le="0.005"} 1
                atalaya_wait_seconds_bucket{loop="0",stage="queue",le="1.0"} 3
                atalaya_wait_seconds_bucket{loop="0",stage="queue",le="+Inf"} 4
                atalaya_wait_seconds_sum{loop="0",stage="queue"} 10.504
                atalaya_wait_seconds_count{loop="0",stage="queue"} 4
                # HELP atalaya_recipients Recipients.
                # TYPE atalaya_recipients histogram
                atalaya_recipients_bucket{le="0.0"} 0
                atalaya_recipients_bucket{le="25000.0"} 2
                atalaya_recipients_bucket{le="+Inf"} 2
                atalaya_recipients_sum 20000
                atalaya_recipients_count 2
                # EOF

                """#
        )
    }

    @Test func `a counter's unit stands before its suffix`() {
        var measurements = Measurements()
        measurements.record(MetricFamily("process_cpu_seconds_total", .counter, "CPU."), [], 1.25)
        #expect(
            text(.openMetrics, measurements) == """
                # HELP process_cpu_seconds CPU.
                # TYPE process_cpu_seconds counter
                # UNIT process_cpu_seconds seconds
                process_cpu_seconds_total 1.25
                # EOF

                """
        )
    }

    @Test func `nothing to show is nothing, or only an end`() {
        #expect(text(.prometheus, Measurements()) == "")
        #expect(text(.openMetrics, Measurements()) == "# EOF\n")
    }

    private func text(_ exposition: Exposition, _ measurements: Measurements) -> String {
        String(decoding: exposition.text(of: measurements), as: UTF8.self)
    }
}

extension Measurements {
    /// One of everything that the formats treat in a way of their own.
    fileprivate static var example: Measurements {
        var measurements = Measurements()
        let sent = MetricFamily(
            "atalaya_messages_sent_total",
            .counter,
            "Messages \"sent\", by C:\\path\nand more.",
            labels: ["protocol"]
        )
        measurements.record(sent, ["plain"], UInt64(9_007_199_254_740_991))
        measurements.record(sent, ["a\\b\"c\nd"], 0)
        measurements.declare(MetricFamily("atalaya_nothing_yet", .gauge, "A family without series."))
        let ratio = MetricFamily("atalaya_utilization_ratio", .gauge, "Shares.")
        for number in [0.1, -3, 1e-7, 1.5e300, .infinity, -.infinity, .nan] {
            measurements.record(ratio, [], number)
        }
        var waits = Histogram(bounds: [0.005, 1])
        waits.observe(0.004)
        waits.observe(0.25, times: 2)
        waits.observe(10)
        let wait = MetricFamily("atalaya_wait_seconds", .histogram, "Waits.", labels: ["loop", "stage"])
        measurements.record(wait, ["0", "queue"], waits)
        var recipients = Histogram(bounds: [0, 25_000])
        recipients.observe(10_000, times: 2)
        measurements.record(MetricFamily("atalaya_recipients", .histogram, "Recipients."), [], recipients)
        return measurements
    }
}
