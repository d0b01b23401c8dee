/// Sizes in bytes as people write them: `64KiB`, `1MiB`, `1024`.
package enum SizeText {
    private static let units: [(suffix: String, bytes: Int64)] = [
        ("", 1), ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]

    /// `nil` if it is not a size.
    ///
    /// One that does not fit becomes the largest possible, so that a bound refuses it.
    package static func parse(_ text: String) -> Int? {
        guard let written = NumberWithUnit(text) else { return nil }
        guard let unit = Self.units.first(where: { $0.suffix == written.unit }) else { return nil }
        return Int(written.number(times: unit.bytes))
    }

    /// In the largest unit that divides it: `1MiB`, `1536KiB`, `1000`.
    package static func show(_ bytes: Int) -> String {
        guard bytes != 0 else { return "0" }
        let unit = Self.units.last { Int64(bytes).isMultiple(of: $0.bytes) && $0.suffix != "B" } ?? Self.units[0]
        return "\(Int64(bytes) / unit.bytes)\(unit.suffix)"
    }
}
