import Foundation
import Testing

@testable import Observability

@Suite struct LogTimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (951_868_799_999, "2000-02-29T23:59:59.999Z"),
        (1_709_251_199_001, "2024-02-29T23:59:59.001Z"),
        (1_795_253_405_020, "2026-11-21T09:30:05.020Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ])
    func `a time is written as RFC 3339 has it, with milliseconds`(milliseconds: Int64, expected: String) {
        #expect(text(of: LogTimestamp(milliseconds: milliseconds)) == expected)
    }

    @Test func `every day of four centuries is the calendar's`() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        // A step that is prime to the week and to the year meets every day of the year.
        for day in stride(from: -80_000, through: 70_000, by: 11) {
            let parts = calendar.dateComponents(
                [.year, .month, .day],
                from: Date(timeIntervalSince1970: Double(day) * 86_400)
            )
            let ours = text(of: LogTimestamp(milliseconds: Int64(day) * 86_400_000)).prefix(10)
            let theirs = [parts.year, parts.month, parts.day].map { $0 ?? -1 }
            #expect(ours.split(separator: "-").map { Int($0) } == theirs)
        }
    }

    private func text(of time: LogTimestamp) -> String {
        var text: [UInt8] = []
        time.append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}
