import Instruments
import TestKit
import Testing

@Suite struct ForemostTests {
    @Test func `the first few are those of a sorted list, whatever the order they come in`() {
        var random = SeededGenerator()
        for limit in [0, 1, 2, 7, 50, 300] {
            let values = (0..<200).map { _ in Int(random.next() % 1000) }
            var foremost = Foremost<Int>(limit, by: <)
            for value in values {
                foremost.offer(value)
            }
            #expect(foremost.inOrder == Array(values.sorted().prefix(limit)))
        }
    }
}
