import Instruments
import Testing

@testable import Messaging

@Suite struct FleetNonceMemoryTests {
    /// An expectation may call what changes an object, and not what changes a value.
    private final class Memory {
        private(set) var held: FleetNonceMemory

        init(capacity: Int) {
            self.held = FleetNonceMemory(period: .seconds(60), capacity: capacity)
        }

        func isNew(_ nonce: FleetNonce, at now: Instant) -> Bool {
            self.held.insert(nonce, at: now)
        }
    }

    private static func at(_ seconds: Double) -> Instant {
        Instant(nanoseconds: 1_000_000_000_000) + .seconds(seconds)
    }

    private static func nonce(_ number: UInt64) -> FleetNonce {
        FleetNonce(high: 7, low: number)
    }

    @Test func `a nonce is known for the whole period, and forgotten after two`() {
        let memory = Memory(capacity: 100)
        #expect(memory.isNew(Self.nonce(1), at: Self.at(0)))
        #expect(memory.isNew(Self.nonce(2), at: Self.at(59)))
        for second in [0.0, 30, 60, 90, 118] {
            #expect(!memory.isNew(Self.nonce(2), at: Self.at(second)))
        }
        #expect(memory.isNew(Self.nonce(1), at: Self.at(181)))
        #expect(memory.isNew(Self.nonce(2), at: Self.at(181)))
    }

    @Test func `after a long silence nothing is known any more`() {
        let memory = Memory(capacity: 100)
        #expect(memory.isNew(Self.nonce(1), at: Self.at(0)))
        #expect(memory.isNew(Self.nonce(2), at: Self.at(10_000)))
        #expect(memory.held.count == 1)
        #expect(memory.isNew(Self.nonce(1), at: Self.at(10_000)))
    }

    @Test func `it never holds more than two generations, and always knows the last ones`() {
        let memory = Memory(capacity: 100)
        for number in 0..<10_000 as Range<UInt64> {
            #expect(memory.isNew(Self.nonce(number), at: Self.at(Double(number) / 1000)))
            #expect(memory.held.count <= 200)
            let last = number < 99 ? 0 : number - 99
            #expect(!memory.isNew(Self.nonce(last), at: Self.at(Double(number) / 1000)))
        }
    }
}
