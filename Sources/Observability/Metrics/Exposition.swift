package import Instruments

/// The text of a scrape, in one of the two formats that scrapers request.
package enum Exposition: Sendable, CaseIterable {
    /// Prometheus text 0.0.4.
    case prometheus
    /// OpenMetrics 1.0.0.
    case openMetrics

    package var contentType: String {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// HELP and TYPE of every family in order, even without series, each followed by its samples.
    package func text(of measurements: Measurements) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(64 * 1024)
        for family in measurements.families {
            var part = FamilyText(of: family.family, as: self)
            part.appendHead(to: &text)
            for series in family.series {
                part.append(series.labels, series.value, to: &text)
            }
        }
        self.appendEnd(to: &text)
        return text
    }

    /// What follows the last family.
    package func appendEnd(to text: inout [UInt8]) {
        if self == .openMetrics { text.append(contentsOf: "# EOF\n".utf8) }
    }
}
