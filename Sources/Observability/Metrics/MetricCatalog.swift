package import Instruments

/// Every metric family of the gateway, from the declarations; `docs/metrics.md` is its `markdown`.
package struct MetricCatalog: Sendable {
    package struct Section: Sendable {
        let title: String
        let families: [MetricFamily]

        package init(_ title: String, _ families: [MetricFamily]) {
            self.title = title
            self.families = families
        }
    }

    private let sections: [Section]

    package init(_ sections: [Section]) {
        self.sections = sections
    }

    package var families: [MetricFamily] { self.sections.flatMap(\.families) }

    /// What the page could not explain, one sentence per fault.
    package var faults: [String] {
        var faults = MetricFault.faults(of: self.families).map { "\($0)" }
        for family in self.families {
            if family.help.last != "." { faults.append("\(family.name): its help is no sentence") }
            for label in family.labels {
                if label.values.isEmpty, label.meaning.isEmpty {
                    faults.append("\(family.name) does not say what the values of \(label.name) are")
                }
                if Set(label.values).count != label.values.count {
                    faults.append("\(family.name) lists a value of \(label.name) twice")
                }
            }
        }
        return faults
    }

    /// The page for operators.
    package var markdown: String {
        var page = """
            # Metrics

            What `/metrics` on the management port shows. Where all labels come from closed lists, the series that can ever
            count something exist from the start with the value 0, so `rate()` and `increase()` see the first event.
            Counters start anew with the process. A histogram `x` has the series `x_bucket` (with the label `le`), `x_sum`
            and `x_count`. In OpenMetrics, the name of a counter's family lacks the `_total` that its series have.

            This page is printed from the code, and a test compares the two. [Alerts](alerts.md) says which of these
            deserve attention, and when.

            """
        for section in self.sections {
            page += """

                ## \(section.title)

                | metric | type | unit | labels | what it says |
                | --- | --- | --- | --- | --- |

                """
            for family in section.families {
                let labels = family.labels.map { "`\($0.name)`" }.joined(separator: " ")
                let (kind, unit) = (family.kind.rawValue, family.unit ?? "")
                page += "| `\(family.name)` | \(kind) | \(unit) | \(labels) | \(family.help) |\n"
            }
        }
        return page + self.labels
    }

    /// One row per label and list of values: the same name may mean something else to another family.
    private var labels: String {
        var text = """

            ## Labels

            | label | of | values |
            | --- | --- | --- |

            """
        let uses = self.families.flatMap { family in family.labels.map { (label: $0, family: family.name) } }
        let families = Dictionary(grouping: uses, by: \.label).mapValues { $0.map(\.family) }
        for label in families.keys.sorted(by: { $0.order < $1.order }) {
            let isOnlyOne = families.keys.count { $0.name == label.name } == 1
            let users = families[label, default: []].map { "`\($0)`" }.joined(separator: ", ")
            let values =
                label.values.isEmpty ? label.meaning : label.values.map { "`\($0)`" }.joined(separator: ", ")
            text += "| `\(label.name)` | \(isOnlyOne ? "all that have it" : users) | \(values) |\n"
        }
        return text
    }
}

extension MetricLabel {
    /// What the rows of labels are sorted by.
    fileprivate var order: String { ([self.name] + self.values + [self.meaning]).joined(separator: " ") }
}
