import Testing

@testable import Instruments

@Suite struct VocabularyTests {
    @Test func `raw values count from 0 without gaps, as indexes must`() {
        #expect(DeliveryOutcome.allCases.map { Int($0.rawValue) } == Array(DeliveryOutcome.allCases.indices))
        #expect(LogLevel.allCases.map { Int($0.rawValue) } == Array(LogLevel.allCases.indices))
    }

    @Test func `the outcomes have the labels that dashboards know`() {
        #expect(
            DeliveryOutcome.allCases.map(\.label) == [
                "written", "dropped_slow_consumer", "closed_before_write", "write_error", "sender_excluded", "filtered",
            ]
        )
    }

    @Test func `each word has a value of its own`() {
        var counts = PerCase<DeliveryOutcome, UInt64>(repeating: 0)
        counts[.written] += 3
        counts[.filtered] += 1
        #expect(DeliveryOutcome.allCases.map { counts[$0] } == [3, 0, 0, 0, 0, 1])
        #expect(counts.sum == 4)
        var other = counts
        other += counts
        #expect(other[.written] == 6)
        #expect(counts[.written] == 3)
        #expect(PerCase<DeliveryOutcome, String>(\.label)[.writeError] == "write_error")
    }
}
