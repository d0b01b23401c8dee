package import Instruments

/// What is wrong with the declared families; found at start, since a scraper would refuse all of them.
package enum MetricFault: Error, Sendable, Equatable, CustomStringConvertible {
    case declaredTwice(String)
    /// A sample of one would have the same name as a sample of the other: `x_count` and the histogram `x`.
    case sampleNamedTwice(String, family: String, other: String)
    case invalidName(String)
    case invalidLabel(String, family: String)
    /// A counter without `_total`, or another type with it.
    case wrongSuffix(String, MetricKind)
    case noHelp(String)

    package var description: String {
        switch self {
        case .declaredTwice(let name): "\(name) is declared twice"
        case .sampleNamedTwice(let sample, let family, let other): "\(family) and \(other) both have samples \(sample)"
        case .invalidName(let name): "\(name) is no name of a metric"
        case .invalidLabel(let label, let family): "\(family) cannot have the label \(label)"
        case .wrongSuffix(let name, let kind): "\(name) is a \(kind.rawValue): counters and only they end with _total"
        case .noHelp(let name): "\(name) has no help"
        }
    }
}

extension MetricFault {
    /// All faults of these families, in order.
    static func faults(of families: [MetricFamily]) -> [MetricFault] {
        var faults: [MetricFault] = []
        var names: Set<String> = []
        var samples: [String: String] = [:]
        for family in families {
            guard names.insert(family.name).inserted else {
                faults.append(.declaredTwice(family.name))
                continue
            }
            faults += Self.faults(ofOne: family)
            for sample in family.sampleNames.sorted() {
                if let other = samples.updateValue(family.name, forKey: sample) {
                    faults.append(.sampleNamedTwice(sample, family: family.name, other: other))
                }
            }
        }
        return faults
    }

    private static func faults(ofOne family: MetricFamily) -> [MetricFault] {
        var faults: [MetricFault] = []
        if family.name.wholeMatch(of: /[a-zA-Z_:][a-zA-Z0-9_:]*/) == nil { faults.append(.invalidName(family.name)) }
        if family.name.hasSuffix("_total") != (family.kind == .counter) {
            faults.append(.wrongSuffix(family.name, family.kind))
        }
        if family.help.isEmpty { faults.append(.noHelp(family.name)) }
        var labels: Set<String> = family.kind == .histogram ? ["le"] : []
        for label in family.labels.map(\.name) {
            let isValid = label.wholeMatch(of: /[a-zA-Z_][a-zA-Z0-9_]*/) != nil && !label.hasPrefix("__")
            if !isValid || !labels.insert(label).inserted {
                faults.append(.invalidLabel(label, family: family.name))
            }
        }
        return faults
    }
}

extension MetricFamily {
    /// Every name that the family or one of its samples has in either format.
    fileprivate var sampleNames: Set<String> {
        switch self.kind {
        case .counter: [self.name, self.openMetricsName]
        case .gauge: [self.name]
        case .histogram: [self.name, self.name + "_bucket", self.name + "_sum", self.name + "_count"]
        }
    }

    /// OpenMetrics names a counter's family without the `_total` of its samples.
    var openMetricsName: String {
        self.kind == .counter && self.name.hasSuffix("_total") ? String(self.name.dropLast(6)) : self.name
    }

    /// The base unit that the name ends with, if any.
    var unit: String? {
        ["seconds", "bytes", "ratio"].first { self.openMetricsName.hasSuffix("_" + $0) }
    }
}
