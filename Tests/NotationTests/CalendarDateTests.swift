import Foundation
import Testing

@testable import Notation

@Suite struct CalendarDateTests {
    @Test func `every day of four centuries is the calendar's`() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        // A step that is prime to the week and to the year meets every day of the year.
        for day in stride(from: -80_000, through: 70_000, by: 11) {
            let parts = calendar.dateComponents(
                [.year, .month, .day],
                from: Date(timeIntervalSince1970: Double(day) * 86_400)
            )
            let date = CalendarDate(daysSince1970: day)
            #expect([date.year, date.month, date.day] == [parts.year, parts.month, parts.day])
        }
    }
}
