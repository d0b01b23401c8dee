/// One scrape of `/metrics`, in Prometheus text.
package struct ScrapedMetrics: Sendable {
    package struct Sample: Sendable {
        package let name: Substring
        /// As written between the braces.
        let labels: Substring
        let value: Double

        /// The labels in order; values are taken as they are written.
        package var pairs: [(name: String, value: String)] {
            self.labels.split(separator: ",").map { label in
                let name = label.prefix { $0 != "=" }
                return (String(name), String(label.dropFirst(name.count + 2).dropLast()))
            }
        }
    }

    package let samples: [Sample]

    package init(_ text: String) {
        self.samples = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                return nil
            }
            let series = line[..<space]
            let name = series.prefix { $0 != "{" }
            return Sample(name: name, labels: series.dropFirst(name.count + 1).dropLast(), value: value)
        }
    }

    /// The sum of all samples of a name whose labels have the given values; 0 if there are none.
    package func sum(_ name: String, _ labels: [String: String] = [:]) -> Int {
        let wanted = labels.map { "\($0)=\"\($1)\"" }
        let matching = self.samples.filter { sample in
            sample.name == name && wanted.allSatisfy { sample.labels.split(separator: ",").contains($0[...]) }
        }
        return Int(matching.reduce(0) { $0 + $1.value })
    }

    package func has(_ name: String) -> Bool {
        self.samples.contains { $0.name == name }
    }
}

extension ScrapedMetrics: CustomStringConvertible {
    /// Every value that is not 0, without the buckets of histograms.
    package var description: String {
        self.samples.filter { $0.value != 0 && !$0.name.hasSuffix("_bucket") }
            .map { "\($0.name){\($0.labels)} \($0.value)" }.joined(separator: "\n")
    }
}
