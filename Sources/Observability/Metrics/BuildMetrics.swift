package import Instruments

/// The program's version and its configuration, as series whose value is 1.
package struct BuildMetrics: MetricSource {
    private enum Families {
        static let build = MetricFamily(
            "atalaya_build_info",
            .gauge,
            "The version and commit that this gateway was built from.",
            labels: [MetricLabel("version", "such as `0.1.0`"), MetricLabel("commit", "the commit's hash")]
        )
        static let configuration = MetricFamily(
            "atalaya_config_info",
            .gauge,
            "A hash of the configuration; instances with the same hash have the same settings.",
            labels: [MetricLabel("hash", "a hash in hexadecimal digits")]
        )
    }

    package static let all = [Families.build, Families.configuration]

    private let version: String
    private let commit: String
    private let configurationHash: String

    /// - Parameter configurationHash: A hash of the effective settings without their secrets.
    package init(version: String, commit: String, configurationHash: String) {
        self.version = version
        self.commit = commit
        self.configurationHash = configurationHash
    }

    package var families: [MetricFamily] { Self.all }

    package func measure(into measurements: inout Measurements) async {
        measurements.record(Families.build, [self.version, self.commit], 1)
        measurements.record(Families.configuration, [self.configurationHash], 1)
    }
}
