/// What a family's numbers mean to Prometheus.
package enum MetricKind: String, Sendable {
    case counter
    case gauge
    case histogram
}

/// The declaration of one metric family: a line in its target's `…Metrics.swift`.
package struct MetricFamily: Sendable, Hashable {
    /// The full name, including the prefix `atalaya_` except for the conventional `process_*`.
    package let name: String
    package let kind: MetricKind
    /// One sentence for HELP.
    package let help: String
    /// In the order in which values are given.
    package let labels: [MetricLabel]

    package init(_ name: String, _ kind: MetricKind, _ help: String, labels: [MetricLabel] = []) {
        self.name = name
        self.kind = kind
        self.help = help
        self.labels = labels
    }
}

/// The numbers of one scrape: families in order of declaration, each with its series.
package struct Measurements: Sendable {
    package enum Value: Sendable, Equatable {
        case number(Double)
        case histogram(Histogram)
    }

    package struct Series: Sendable, Equatable {
        /// One value for each of the family's labels.
        package let labels: [String]
        package let value: Value
    }

    package struct Family: Sendable {
        package let family: MetricFamily
        package var series: [Series] = []
    }

    package private(set) var families: [Family] = []
    private var positions: [String: Int] = [:]
    /// Where the last number went: the next one mostly goes to the same family, or to the one behind it.
    private var last = 0

    package init() {}

    /// Adds a family to the exposition even if it has no series.
    package mutating func declare(_ family: MetricFamily) {
        _ = self.position(of: family)
    }

    /// - Parameter labels: One value for each of the family's labels. Where many families have the same ones, make them
    ///   once: a row of series then shares one array.
    package mutating func record(_ family: MetricFamily, _ labels: [String], _ value: Double) {
        self.record(family, labels, .number(value))
    }

    package mutating func record(_ family: MetricFamily, _ labels: [String], _ value: UInt64) {
        self.record(family, labels, .number(Double(value)))
    }

    package mutating func record(_ family: MetricFamily, _ labels: [String], _ value: some BinaryInteger) {
        self.record(family, labels, .number(Double(value)))
    }

    package mutating func record(_ family: MetricFamily, _ labels: [String], _ histogram: Histogram) {
        self.record(family, labels, .histogram(histogram))
    }

    /// For a family without labels.
    package mutating func record(_ family: MetricFamily, _ value: some BinaryInteger) {
        self.record(family, [], value)
    }

    package mutating func record(_ family: MetricFamily, _ histogram: Histogram) {
        self.record(family, [], histogram)
    }

    /// Adds all that another part has measured.
    package mutating func add(_ other: Measurements) {
        for family in other.families {
            let position = self.position(of: family.family)
            if self.families[position].series.isEmpty {
                self.families[position].series = family.series
            } else {
                self.families[position].series += family.series
            }
        }
    }

    private mutating func record(_ family: MetricFamily, _ labels: [String], _ value: Value) {
        self.families[self.position(of: family)].series.append(Series(labels: labels, value: value))
    }

    private mutating func position(of family: MetricFamily) -> Int {
        if !self.holds(family, at: self.last) {
            self.last = self.holds(family, at: self.last + 1) ? self.last + 1 : self.foundPosition(of: family)
        }
        return self.last
    }

    private func holds(_ family: MetricFamily, at position: Int) -> Bool {
        position < self.families.count && self.families[position].family.name == family.name
    }

    private mutating func foundPosition(of family: MetricFamily) -> Int {
        if let known = self.positions[family.name] {
            return known
        }
        self.positions[family.name] = self.families.count
        self.families.append(Family(family: family))
        return self.families.count - 1
    }
}

/// A part of the gateway that has numbers to export.
package protocol MetricSource: Sendable {
    /// Every family it may ever record; dashboards and alerts are checked against it.
    var families: [MetricFamily] { get }

    /// Copies the current numbers. May ask the event loops, so it may take as long as a loop is allowed to.
    func measure(into measurements: inout Measurements) async
}
