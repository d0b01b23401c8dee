import Notation

/// Dates as HTTP writes them: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7).
package enum HTTPDate {
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// - Parameter secondsSince1970: As `CLOCK_REALTIME` counts them; years 1970 to 9999.
    package static func text(secondsSince1970: UInt64) -> String {
        let (days, second) = Int(secondsSince1970).quotientAndRemainder(dividingBy: 86_400)
        let date = CalendarDate(daysSince1970: days)
        let time = [second / 3_600, second / 60 % 60, second % 60].map { $0.padded(to: 2) }.joined(separator: ":")
        let day = "\(date.day.padded(to: 2)) \(Self.months[date.month - 1]) \(date.year)"
        return "\(Self.weekdays[days % 7]), \(day) \(time) GMT"
    }
}
