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
            self.appendHead(of: family.family, to: &text)
            for series in family.series {
                switch series.value {
                case .number(let number):
                    let labels = self.labels(of: family.family, series)
                    Self.append(family.family.name, labels, number, to: &text)
                case .histogram(let histogram):
                    self.append(histogram, of: family.family, series, to: &text)
                }
            }
        }
        if self == .openMetrics { text.append(contentsOf: "# EOF\n".utf8) }
        return text
    }

    private func appendHead(of family: MetricFamily, to text: inout [UInt8]) {
        let name = self == .openMetrics ? family.openMetricsName : family.name
        text.append(contentsOf: "# HELP \(name) ".utf8)
        text.appendEscaped(family.help, quotes: self == .openMetrics)
        text.append(contentsOf: "\n# TYPE \(name) \(family.kind.rawValue)\n".utf8)
        if self == .openMetrics, let unit = family.unit {
            text.append(contentsOf: "# UNIT \(name) \(unit)\n".utf8)
        }
    }

    /// `name="value"` of each label, separated by commas.
    private func labels(of family: MetricFamily, _ series: Measurements.Series) -> [UInt8] {
        precondition(family.labels.count == series.labels.count, "a series of \(family.name) has other labels than it")
        var text: [UInt8] = []
        for (name, value) in zip(family.labels, series.labels) {
            if !text.isEmpty { text.append(UInt8(ascii: ",")) }
            text.append(contentsOf: name.name.utf8)
            text.append(contentsOf: #"=""#.utf8)
            text.appendEscaped(value, quotes: true)
            text.append(UInt8(ascii: "\""))
        }
        return text
    }

    /// Buckets are cumulative, as scrapers expect: each counts everything up to its bound.
    private func append(
        _ histogram: Histogram,
        of family: MetricFamily,
        _ series: Measurements.Series,
        to text: inout [UInt8]
    ) {
        let labels = self.labels(of: family, series)
        let separator = labels.isEmpty ? "" : ","
        var below: UInt64 = 0
        for (index, count) in histogram.counts.enumerated() {
            below += count
            let bound = index < histogram.bounds.count ? self.text(ofBound: histogram.bounds[index]) : "+Inf"
            let withBound = labels + Array("\(separator)le=\"\(bound)\"".utf8)
            Self.append(family.name + "_bucket", withBound, Double(below), to: &text)
        }
        Self.append(family.name + "_sum", labels, histogram.sum, to: &text)
        Self.append(family.name + "_count", labels, Double(below), to: &text)
    }

    private static func append(_ name: String, _ labels: [UInt8], _ number: Double, to text: inout [UInt8]) {
        text.append(contentsOf: name.utf8)
        if !labels.isEmpty {
            text.append(UInt8(ascii: "{"))
            text.append(contentsOf: labels)
            text.append(UInt8(ascii: "}"))
        }
        text.append(UInt8(ascii: " "))
        text.append(contentsOf: number.exposed.utf8)
        text.append(UInt8(ascii: "\n"))
    }

    /// OpenMetrics compares bounds as text and requires `1.0`, where Prometheus has always used `1`.
    private func text(ofBound bound: Double) -> String {
        self == .openMetrics && bound.isFinite ? "\(bound)" : bound.exposed
    }
}

extension Double {
    /// As Go's parser reads it: whole numbers without a point, otherwise the shortest text for exactly this number.
    fileprivate var exposed: String {
        if let whole = Int64(exactly: self), whole.magnitude < 1 << 53 { return "\(whole)" }
        if self.isNaN { return "NaN" }
        if self.isInfinite { return self < 0 ? "-Inf" : "+Inf" }
        return "\(self)"
    }
}

extension [UInt8] {
    /// Backslashes and line breaks are escaped everywhere; quotes in label values and in OpenMetrics help texts.
    ///
    /// Not `QuotedText`: scrapers know only these escapes.
    fileprivate mutating func appendEscaped(_ string: String, quotes: Bool) {
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): self.append(contentsOf: #"\\"#.utf8)
            case UInt8(ascii: "\n"): self.append(contentsOf: #"\n"#.utf8)
            case UInt8(ascii: "\"") where quotes: self.append(contentsOf: #"\""#.utf8)
            default: self.append(byte)
            }
        }
    }
}
