package import Instruments

/// Writes one family's part of a scrape: first its head, then its series, any number of them at a time.
package struct FamilyText {
    private let family: MetricFamily
    private let exposition: Exposition
    private let name: [UInt8]
    /// What stands before the value of each label, such as `,room="`.
    private let labelStarts: [[UInt8]]
    private var buckets: Buckets?
    /// The labels of the current histogram, which all its samples repeat.
    private var labels: [UInt8] = []

    /// Bounds, and how they are written in every histogram that has them, such as `le="0.5"} `.
    private struct Buckets {
        let bounds: [Double]
        let labels: [[UInt8]]
    }

    package init(of family: MetricFamily, as exposition: Exposition) {
        self.family = family
        self.exposition = exposition
        self.name = Array(family.name.utf8)
        self.labelStarts = family.labels.enumerated().map { Array("\($0 == 0 ? "" : ",")\($1.name)=\"".utf8) }
    }

    /// HELP, TYPE, and UNIT where the format has it.
    package func appendHead(to text: inout [UInt8]) {
        let isOpen = self.exposition == .openMetrics
        let name = isOpen ? self.family.openMetricsName : self.family.name
        text.append(contentsOf: "# HELP \(name) ".utf8)
        text.append(escaping: self.family.help, quotes: isOpen)
        text.append(contentsOf: "\n# TYPE \(name) \(self.family.kind.rawValue)\n".utf8)
        if isOpen, let unit = self.family.unit {
            text.append(contentsOf: "# UNIT \(name) \(unit)\n".utf8)
        }
    }

    /// One series.
    ///
    /// - Parameter labels: One value for each of the family's labels.
    package mutating func append(_ labels: [String], _ value: Measurements.Value, to text: inout [UInt8]) {
        switch value {
        case .number(let number): self.append(labels, number, to: &text)
        case .histogram(let histogram): self.append(labels, histogram, to: &text)
        }
    }

    /// One series of a family that is no histogram.
    package func append(_ labels: [String], _ number: Double, to text: inout [UInt8]) {
        text.append(contentsOf: self.name)
        if !labels.isEmpty {
            text.append(UInt8(ascii: "{"))
            self.append(labels, to: &text)
            text.append(UInt8(ascii: "}"))
        }
        text.append(sample: number)
    }

    /// `name="value"` of each label, separated by commas.
    private func append(_ labels: [String], to text: inout [UInt8]) {
        precondition(labels.count == self.labelStarts.count, "a series of \(self.family.name) has other labels than it")
        for index in labels.indices {
            text.append(contentsOf: self.labelStarts[index])
            text.append(escaping: labels[index], quotes: true)
            text.append(UInt8(ascii: "\""))
        }
    }

    /// Buckets are cumulative, as scrapers expect: each counts everything up to its bound.
    private mutating func append(_ labels: [String], _ histogram: Histogram, to text: inout [UInt8]) {
        self.labels.removeAll(keepingCapacity: true)
        self.append(labels, to: &self.labels)
        let buckets = self.buckets(of: histogram)
        var below: UInt64 = 0
        for (count, label) in zip(histogram.counts, buckets.labels) {
            below += count
            text.append(contentsOf: self.name)
            text.append(contentsOf: "_bucket{".utf8)
            if !labels.isEmpty {
                text.append(contentsOf: self.labels)
                text.append(UInt8(ascii: ","))
            }
            text.append(contentsOf: label)
            text.append(sample: Double(below))
        }
        self.append("_sum", histogram.sum, to: &text)
        self.append("_count", Double(below), to: &text)
    }

    /// A sample of the current histogram.
    private func append(_ suffix: String, _ number: Double, to text: inout [UInt8]) {
        text.append(contentsOf: self.name)
        text.append(contentsOf: suffix.utf8)
        if !self.labels.isEmpty {
            text.append(UInt8(ascii: "{"))
            text.append(contentsOf: self.labels)
            text.append(UInt8(ascii: "}"))
        }
        text.append(sample: number)
    }

    /// Written once, since all series of a family mostly have the same bounds.
    private mutating func buckets(of histogram: Histogram) -> Buckets {
        if let known = self.buckets, known.bounds == histogram.bounds { return known }
        let labels = (histogram.bounds + [.infinity]).map { Array("le=\"\(self.text(ofBound: $0))\"}".utf8) }
        let buckets = Buckets(bounds: histogram.bounds, labels: labels)
        self.buckets = buckets
        return buckets
    }

    /// OpenMetrics compares bounds as text and requires `1.0`, where Prometheus has always used `1`.
    private func text(ofBound bound: Double) -> String {
        if self.exposition == .openMetrics, bound.isFinite { return "\(bound)" }
        var text: [UInt8] = []
        text.append(number: bound)
        return String(decoding: text, as: UTF8.self)
    }
}

extension [UInt8] {
    /// What follows a sample's name and labels.
    fileprivate mutating func append(sample number: Double) {
        self.append(UInt8(ascii: " "))
        self.append(number: number)
        self.append(UInt8(ascii: "\n"))
    }

    /// As Go's parser reads it: whole numbers without a point, otherwise the shortest text for exactly this number.
    fileprivate mutating func append(number: Double) {
        if number.magnitude < 0x1p53, number.rounded(.towardZero) == number {
            if number < 0 { self.append(UInt8(ascii: "-")) }
            self.append(whole: UInt64(number.magnitude))
        } else if number.isNaN {
            self.append(contentsOf: "NaN".utf8)
        } else if number.isInfinite {
            self.append(contentsOf: (number < 0 ? "-Inf" : "+Inf").utf8)
        } else {
            self.append(contentsOf: number.description.utf8)
        }
    }

    private mutating func append(whole: UInt64) {
        var digits: InlineArray<20, UInt8> = InlineArray(repeating: 0)
        var (start, rest) = (digits.count, whole)
        repeat {
            start -= 1
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
            rest = quotient
        } while rest > 0
        self.append(addingCapacity: digits.count - start) { output in
            for index in start..<digits.count { output.append(digits[index]) }
        }
    }

    /// Backslashes and line breaks are escaped everywhere; quotes in label values and in OpenMetrics help texts.
    ///
    /// Not `QuotedText`: scrapers know only these escapes.
    fileprivate mutating func append(escaping string: String, quotes: Bool) {
        let bytes = string.utf8.span
        // Each byte may become two.
        self.append(addingCapacity: 2 * bytes.count) { output in
            for index in bytes.indices {
                switch bytes[index] {
                case UInt8(ascii: "\n"):
                    output.append(UInt8(ascii: "\\"))
                    output.append(UInt8(ascii: "n"))
                case let byte where byte == UInt8(ascii: "\\") || quotes && byte == UInt8(ascii: "\""):
                    output.append(UInt8(ascii: "\\"))
                    output.append(byte)
                case let byte: output.append(byte)
                }
            }
        }
    }
}
