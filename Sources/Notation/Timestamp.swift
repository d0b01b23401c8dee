/// A moment in milliseconds since 1970, written as in RFC 3339.
package struct Timestamp: Sendable, Equatable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// `2026-11-21T09:30:00.123Z`.
    package var text: String {
        let date = CalendarDate(daysSince1970: Int(self.day))
        return "\(date.year.padded(to: 4))-\(date.month.padded(to: 2))-\(date.day.padded(to: 2))T\(self.timeText)Z"
    }

    /// `09:30:00.123`, in UTC.
    package var timeText: String {
        let ofDay = self.milliseconds - self.day * 86_400_000
        let parts = [ofDay / 3_600_000, ofDay / 60_000 % 60, ofDay / 1000 % 60].map { $0.padded(to: 2) }
        return parts.joined(separator: ":") + "." + (ofDay % 1000).padded(to: 3)
    }

    private var day: Int64 {
        let (quotient, rest) = self.milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        return rest < 0 ? quotient - 1 : quotient
    }
}
