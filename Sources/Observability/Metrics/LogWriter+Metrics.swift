package import Instruments

extension LogWriter: MetricSource {
    private static let dropped = MetricFamily(
        "atalaya_log_lines_dropped_total",
        .counter,
        "Log lines that were never written because the reader of the log was too slow or gone."
    )

    package static let all = [dropped]

    package var families: [MetricFamily] { Self.all }

    package func measure(into measurements: inout Measurements) async {
        measurements.record(Self.dropped, [], self.linesDropped)
    }
}
