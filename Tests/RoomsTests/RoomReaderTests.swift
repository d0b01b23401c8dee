import Dispatch
import Instruments
import Messaging
import Reactor
import Rooms
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct RoomReaderTests {
    /// Loops that run on threads of their own, each with a shard and members of some rooms.
    private final class Loops {
        let shards: [LoopBound<RoomShard>]
        private let delegate = Silent()
        private let directory = RoomDirectory()

        init(_ count: Int) throws {
            let (delegate, directory) = (self.delegate, self.directory)
            self.shards = try (0..<count).map { index in
                let loop = try EventLoop(index: index, name: "loop-\(index)", configuration: EventLoopConfiguration())
                let shard = RoomShard(
                    loop: loop,
                    directory: directory,
                    broker: MemoryBroker(),
                    encoder: delegate,
                    delegate: delegate
                )
                loop.start()
                return LoopBound(shard, on: loop)
            }
        }

        func join(_ names: [String], on index: Int, members: Int = 1) async throws {
            let rooms = try names.map { try RoomName($0) }
            let shard = self.shards[index]
            await shard.loop.perform {
                for room in rooms {
                    for slot in 0..<members {
                        let member = ConnectionHandle(slot: UInt32(slot), generation: 1)
                        _ = shard.value.join(room, member, as: MessageEncoding(.plain), answering: nil)
                    }
                }
            }
        }

        func end() {
            for shard in self.shards {
                shard.loop.stop()
                shard.loop.join()
            }
        }
    }

    private final class Silent: RoomShardDelegate, MessageEncoder {
        let watchesDeliveries = false
        func settled(_ receipt: PublicationReceipt, for connection: ConnectionHandle) {}
        func subscribed(_ connection: ConnectionHandle, _ answer: SubscriptionAnswer) {}
        func refused(_: ConnectionHandle, _: RoomName, _: Refusal, _: [SubscriptionAnswer]) {}
        func watched(_ step: MessageStep) {}
        func encode(_: Message, number: UInt64, as: MessageEncoding, into batch: SendBatch) {}
    }

    @Test func `what is on several loops is one room`() async throws {
        let loops = try Loops(2)
        defer { loops.end() }
        try await loops.join(["both"], on: 0, members: 3)
        try await loops.join(["both"] + (0..<600).map { "r\($0)" }, on: 1, members: 2)
        let reader = RoomReader(loops.shards, patience: .seconds(30))
        let rooms = try await reader.all()
        #expect(rooms.count == 601)
        #expect(try rooms[RoomName("both")]?.members[.plain] == 5)
        #expect(try rooms[RoomName("r599")]?.members.sum == 2)
        let both = try #require(try await reader.one(RoomName("both")))
        #expect(both.glance.members.sum == 5)
        #expect(both.members.map(\.count) == [3, 2])
        let one = try #require(try await reader.one(RoomName("r1")))
        #expect(one.members.map(\.count) == [0, 2])
        #expect(try await reader.one(RoomName("nowhere")) == nil)
    }

    @Test func `a loop that is stuck is named, not waited for`() async throws {
        let loops = try Loops(2)
        defer { loops.end() }
        let release = DispatchSemaphore(value: 0)
        defer { release.signal() }
        await withCheckedContinuation { isStuck in
            loops.shards[1].loop.execute {
                isStuck.resume()
                release.wait()
            }
        }
        let reader = RoomReader(loops.shards, patience: .milliseconds(20))
        let late = await #expect(throws: LoopLate.self) { try await reader.all() }
        #expect(late?.loop == "loop-1")
    }
}
