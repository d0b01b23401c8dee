import Dispatch
import Messaging
import Reactor
import TestKit
import Testing

@testable import Rooms

/// What is on its way to a loop that is late.
@Suite struct PassingBytesTests {
    @Test func `messages that a loop has not taken count in the bound, and too many are told`() throws {
        let budget = QueueBudget(limit: 16 << 20)
        let fixture = try DrivenShard()
        let hub = RoomHub(directory: fixture.directory, budget: budget)
        hub.connect([LoopBound(fixture.shard, on: fixture.driven.loop)])
        let room = try RoomName("lobby")
        let member = try fixture.member()
        _ = fixture.shard.join(room, member.connection, as: .plain, answering: nil)
        let message = Publication.of(String(repeating: "x", count: 100_000), to: room).message
        /// From a thread that is not the loop's, since this one waits.
        func receive(_ times: Int) {
            let done = DispatchSemaphore(value: 0)
            DispatchQueue.global().async {
                for _ in 0..<times { hub.received([message]) }
                done.signal()
            }
            done.wait()
        }
        receive(20)
        #expect(budget.usedBytes == 20 * 100_256)
        #expect(!hub.isBehind)
        receive(1)
        #expect(hub.isBehind, "more than an eighth of the bound")
        fixture.driven.turn()
        #expect(!hub.isBehind && budget.usedBytes == 0)
        hub.connect([])
        fixture.end()
    }
}
