import Instruments
import Messaging
import Reactor
import Rooms
import TestKit
import Testing

@Suite struct DeliveryWatchTests {
    /// A step without what a message's text says.
    private func words(_ step: MessageStep, _ names: [ConnectionHandle: String]) -> String {
        switch step {
        case .accepted(let id, let room, let from):
            "accepted \(id.ulid.low) \(room) from \(from.flatMap { names[$0] } ?? "nobody")"
        case .fannedOut(let id, let room, _, let recipients): "fanned out \(id.ulid.low) \(room) to \(recipients)"
        case .queued(let id, let room, let member): "\(id.ulid.low) \(room) waits for \(names[member] ?? "?")"
        case .settled(let id, let room, let member, let outcome):
            "\(id.ulid.low) \(room) to \(names[member] ?? "?"): \(outcome.label)"
        }
    }

    @Test func `every message is followed to each member`() throws {
        let fixture = try DrivenShard(watching: true)
        defer { fixture.end() }
        let room = try RoomName("r")
        let (alice, bob) = (try fixture.member(), try fixture.member())
        let names = [alice.connection: "alice", bob.connection: "bob"]
        for member in [alice, bob] {
            _ = fixture.shard.join(room, member.connection, as: .plain, answering: nil)
        }
        fixture.publish("x", to: room, from: alice.connection)
        fixture.publish("y", to: room, from: alice.connection, echo: false)
        fixture.driven.turn()
        let words = fixture.steps.map { self.words($0, names) }
        #expect(
            Set(words.prefix(4)) == [
                "fanned out 1 r to 2", "fanned out 2 r to 2", "accepted 1 r from alice", "accepted 2 r from alice",
            ]
        )
        #expect(
            Set(words.dropFirst(4)) == [
                "1 r to alice: written", "1 r to bob: written", "2 r to alice: sender_excluded", "2 r to bob: written",
            ]
        )
        #expect(words.count == 8)
    }

    @Test func `what waits is told twice, and what is dropped has its outcome`() throws {
        let fixture = try DrivenShard(watching: true, queue: SendQueueLimits(bytes: 25_000, policy: .dropOldest))
        defer { fixture.end() }
        let room = try RoomName("r")
        let slow = try fixture.member(sendBuffer: 4096)
        _ = fixture.shard.join(room, slow.connection, as: .plain, answering: nil)
        let text = String(repeating: "x", count: 10_000)
        for _ in 0..<10 {
            fixture.shard.fanOut([fixture.message(text, to: room)])
            fixture.driven.turn()
        }
        _ = fixture.driven.turn {
            _ = slow.peer.receive()
            return fixture.shard.report().loop.queuedBytes == 0
        }
        var queued: Set<UInt64> = []
        var outcomes: [UInt64: [DeliveryOutcome]] = [:]
        for step in fixture.steps {
            switch step {
            case .queued(let id, _, _): queued.insert(id.ulid.low)
            case .settled(let id, _, _, let outcome): outcomes[id.ulid.low, default: []].append(outcome)
            default: break
            }
        }
        #expect(outcomes.count == 10 && outcomes.values.allSatisfy { $0.count == 1 })
        let dropped = outcomes.filter { $0.value == [.droppedSlowConsumer] }
        #expect(!dropped.isEmpty && dropped.keys.allSatisfy { queued.contains($0) })
        #expect(outcomes[10] == [.written] && queued.contains(10))
        #expect(fixture.unaccounted == 0)
    }

    @Test func `a stranger's message has no publisher to name, and nobody in a room means nothing to tell`() throws {
        let fixture = try DrivenShard(watching: true)
        defer { fixture.end() }
        fixture.shard.fanOut([fixture.message("x", to: try RoomName("empty"))])
        fixture.driven.turn()
        #expect(fixture.steps.isEmpty)
    }
}
