import Foundation

/// SplitMix64: the same numbers for the same seed.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    /// If `ATALAYA_TEST_SEED` is set, every random test starts from it.
    private static let givenSeed = ProcessInfo.processInfo.environment["ATALAYA_TEST_SEED"].flatMap { UInt64($0) }

    private var state: UInt64

    package init(seed: UInt64) {
        self.state = seed
    }

    /// Starts from a random seed and prints it, so that the test can be repeated.
    package init(test: String = #function, file: String = #fileID) {
        self.init(printing: Self.givenSeed ?? .random(in: 0 ... .max), test: test, file: file)
    }

    /// Starts from a seed given to the test as an argument, and prints it.
    package init(printing seed: UInt64, test: String = #function, file: String = #fileID) {
        print("\(file): ATALAYA_TEST_SEED=\(seed) repeats \(test)")
        self.init(seed: seed)
    }

    /// Arguments for a random test: some that are always tried, and a new one.
    package static func seeds(always fixed: UInt64...) -> [UInt64] {
        self.givenSeed.map { [$0] } ?? fixed + [.random(in: 0 ... .max)]
    }

    package mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var value = self.state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
