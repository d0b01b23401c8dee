/// A closed list of words that counters, logs, traces and answers share.
///
/// The raw values count up from 0 without gaps, in the order of the cases, so that `PerCase` can use them as indices.
@usableFromInline
package protocol Vocabulary: CaseIterable, Hashable, Sendable, RawRepresentable where RawValue == UInt8 {
    /// The word as used in label values, log fields and JSON.
    var label: String { get }
}

/// One value for each case of a vocabulary: an array indexed by its words, with no word missing.
///
/// Inlined into other targets, since messages are counted in it.
@usableFromInline
package struct PerCase<Key: Vocabulary, Value> {
    @usableFromInline var values: [Value]

    package init(repeating value: Value) {
        self.values = Array(repeating: value, count: Key.allCases.count)
    }

    package init(_ make: (Key) -> Value) {
        self.values = Key.allCases.map(make)
    }

    @inlinable
    package subscript(key: Key) -> Value {
        get { self.values[Int(key.rawValue)] }
        _modify { yield &self.values[Int(key.rawValue)] }
    }
}

extension PerCase: Sendable where Value: Sendable {}
extension PerCase: Equatable where Value: Equatable {}

extension PerCase where Value: AdditiveArithmetic {
    /// The sum of all values.
    package var sum: Value {
        self.values.reduce(.zero, +)
    }

    package static func += (left: inout PerCase, right: PerCase) {
        for index in left.values.indices {
            left.values[index] += right.values[index]
        }
    }
}
