import Foundation
import Testing

@testable import Instruments

@Suite struct LockTests {
    private struct Refusal: Error {}

    @Test func `changes from many threads are all kept`() {
        let lock = Lock(0)
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for _ in 0..<1000 { lock.withLock { $0 += 1 } }
        }
        #expect(lock.withLock { $0 } == 8000)
    }

    @Test func `an error opens the lock again`() {
        let lock = Lock(1)
        #expect(throws: Refusal.self) {
            try lock.withLock { (value) throws(Refusal) in
                value = 2
                throw Refusal()
            }
        }
        #expect(lock.withLock { $0 } == 2)
    }
}
