import Foundation

/// When a line was taken, in milliseconds since 1970, written as RFC 3339 has it.
struct LogTimestamp: Sendable, Equatable {
    let milliseconds: Int64

    static func now() -> LogTimestamp {
        LogTimestamp(milliseconds: Int64((Date.now.timeIntervalSince1970 * 1000).rounded(.down)))
    }

    /// `2026-11-21T09:30:00.123Z`.
    func append(to text: inout [UInt8]) {
        self.appendDate(to: &text)
        text.append(UInt8(ascii: "T"))
        self.appendTime(to: &text)
        text.append(UInt8(ascii: "Z"))
    }

    /// `09:30:00.123`, in UTC.
    func appendTime(to text: inout [UInt8]) {
        let ofDay = Int(self.milliseconds - self.day * 86_400_000)
        text.appendDecimal(ofDay / 3_600_000, width: 2)
        text.append(UInt8(ascii: ":"))
        text.appendDecimal(ofDay / 60_000 % 60, width: 2)
        text.append(UInt8(ascii: ":"))
        text.appendDecimal(ofDay / 1000 % 60, width: 2)
        text.append(UInt8(ascii: "."))
        text.appendDecimal(ofDay % 1000, width: 3)
    }

    private var day: Int64 {
        let (quotient, rest) = self.milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        return rest < 0 ? quotient - 1 : quotient
    }

    /// Counts in years that begin in March, so that the leap day is the last of its year, and in their cycle of 400.
    private func appendDate(to text: inout [UInt8]) {
        let days = Int(self.day) + 719_468
        let cycle = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfCycle = days - cycle * 146_097
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        text.appendDecimal(yearOfCycle + cycle * 400 + (month <= 2 ? 1 : 0), width: 4)
        text.append(UInt8(ascii: "-"))
        text.appendDecimal(month, width: 2)
        text.append(UInt8(ascii: "-"))
        text.appendDecimal(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1, width: 2)
    }
}

extension [UInt8] {
    /// A number that is not negative, with zeros in front up to `width` digits.
    fileprivate mutating func appendDecimal(_ number: Int, width: Int) {
        let digits = String(number)
        self.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: Swift.max(0, width - digits.utf8.count)))
        self.append(contentsOf: digits.utf8)
    }
}
