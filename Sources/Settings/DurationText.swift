/// Durations as people write them: `250ms`, `25s`, `2m`, `1h`, and `0`.
package enum DurationText {
    private static let units: [(suffix: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000),
    ]

    /// `nil` if it is not a duration.
    ///
    /// One that does not fit becomes the longest possible, so that a bound refuses it.
    package static func parse(_ text: String) -> Duration? {
        if text == "0" {
            return .zero
        }
        guard let written = NumberWithUnit(text) else { return nil }
        guard let unit = Self.units.first(where: { $0.suffix == written.unit }) else { return nil }
        return .milliseconds(written.number(times: unit.milliseconds))
    }

    /// In the largest unit that divides it: 90 s is `90s`, 120 s is `2m`.
    ///
    /// Anything below a millisecond is cut off.
    package static func show(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return "\(seconds)s" }
        let milliseconds = whole + attoseconds / 1_000_000_000_000_000
        guard milliseconds != 0 else { return "0s" }
        let unit = Self.units.last { milliseconds.isMultiple(of: $0.milliseconds) } ?? Self.units[0]
        return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
    }
}
