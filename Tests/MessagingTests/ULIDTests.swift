import Messaging
import TestKit
import Testing

@Suite struct ULIDTests {
    @Test func `the specification's shape is kept`() {
        // 01ARZ3NDEK are the first 48 bits of the ULID specification's example, 1469918176385 ms.
        let id = ULID(high: 1_469_918_176_385 << 16, low: 0)
        #expect(id.text == "01ARYZ6S410000000000000000")
        #expect(ULID(high: .max, low: .max).text == "7ZZZZZZZZZZZZZZZZZZZZZZZZZ")
    }

    @Test func `text and value say the same`() {
        var random = SeededGenerator()
        for _ in 0..<1000 {
            let id = ULID(high: random.next(), low: random.next())
            #expect(ULID(id.text) == id)
            #expect(ULID(id.text.lowercased()) == id)
        }
    }

    @Test(arguments: [
        "", "01ARYZ6S41", "81ARYZ6S410000000000000000", "01ARYZ6S41000000000000000U", "01ARYZ6S4100000000000000000",
    ])
    func `what is no id is refused`(_ text: String) {
        #expect(ULID(text) == nil)
    }

    @Test func `a generator's ids ascend, also where the clock goes back`() {
        var generator = ULIDGenerator(node: 7, counter: (1 << 40) - 3)
        var last = generator.next(atMilliseconds: 1000)
        for time in [1000, 1000, 1000, 1000, 900, 1001, 5] as [UInt64] {
            let id = generator.next(atMilliseconds: time)
            #expect(last < id)
            #expect(last.text < id.text)
            last = id
        }
    }

    @Test func `two generators never make the same id`() {
        var left = ULIDGenerator(node: 1, counter: 5)
        var right = ULIDGenerator(node: 2, counter: 5)
        #expect(left.next(atMilliseconds: 1) != right.next(atMilliseconds: 1))
    }
}
