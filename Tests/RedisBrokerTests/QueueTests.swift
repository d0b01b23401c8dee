import Testing

@testable import RedisBroker

@Suite struct QueueTests {
    @Test func `first in is first out, over many fillings`() {
        var queue = Queue<Int>()
        var (next, expected) = (0, 0)
        for round in 0..<200 {
            for _ in 0..<(round * 37 % 501) {
                queue.append(next)
                next += 1
            }
            for _ in 0..<(round * 53 % 487) {
                guard let taken = queue.popFirst() else { break }
                #expect(taken == expected)
                expected += 1
            }
            #expect(queue.count == next - expected)
        }
        while let taken = queue.popFirst() {
            #expect(taken == expected)
            expected += 1
        }
        #expect(expected == next)
    }
}
