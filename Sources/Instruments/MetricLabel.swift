/// A label of a metric family, and what its values are.
///
/// A literal is a label about which nothing more is known; a family of the gateway says more.
package struct MetricLabel: Sendable, Hashable {
    package let name: String
    /// All values there can ever be, where that is a closed list; otherwise empty.
    package let values: [String]
    /// What the values are, where there is no closed list of them.
    package let meaning: String

    private init(_ name: String, values: [String], meaning: String) {
        self.name = name
        self.values = values
        self.meaning = meaning
    }

    /// A label whose values are these.
    package init(_ name: String, oneOf values: [String]) {
        self.init(name, values: values, meaning: "")
    }

    /// A label whose values are the words of a vocabulary.
    package init(_ name: String, oneOf vocabulary: (some Vocabulary).Type) {
        self.init(name, oneOf: vocabulary.allCases.map(\.label))
    }

    /// A label whose values cannot be listed.
    ///
    /// - Parameter meaning: What a value is, such as "the name of another instance".
    package init(_ name: String, _ meaning: String) {
        self.init(name, values: [], meaning: meaning)
    }
}

extension MetricLabel: ExpressibleByStringLiteral {
    package init(stringLiteral name: String) {
        self.init(name, "")
    }
}
