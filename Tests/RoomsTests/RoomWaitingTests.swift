import Messaging
import Reactor
import Rooms
import TestKit
import Testing

/// A broker that is away, or denies a room.
@Suite struct RoomWaitingTests {
    private static let room = try! RoomName("r")

    private static func shard(patience: Duration) throws -> (DrivenShard, PatientBroker) {
        let broker = PatientBroker()
        broker.isDeaf = true
        return (try DrivenShard(broker, patience: patience), broker)
    }

    private static func answer(_ number: Int) -> SubscriptionAnswer { SubscriptionAnswer(.number("\(number)")) }

    @Test func `a command that waits for too long is refused, and whoever asked for no answer stays`() throws {
        let (fixture, _) = try Self.shard(patience: .milliseconds(30))
        defer { fixture.end() }
        let (native, plain) = (try fixture.member(), try fixture.member())
        _ = fixture.shard.join(Self.room, native.connection, as: .native, answering: Self.answer(1))
        _ = fixture.shard.join(Self.room, plain.connection, as: .plain, answering: nil)
        #expect(fixture.refused.isEmpty)
        #expect(fixture.driven.turn { !fixture.refused.isEmpty })
        #expect(fixture.refused.count == 1)
        #expect(fixture.refused[0].connection == native.connection && fixture.refused[0].room == Self.room)
        #expect(fixture.refused[0].refusal.code == .brokerUnavailable)
        #expect(fixture.refused[0].answers == [Self.answer(1)])
    }

    @Test func `one timer serves all, whenever they came`() throws {
        let (fixture, _) = try Self.shard(patience: .milliseconds(30))
        defer { fixture.end() }
        let rooms = try (0..<20).map { try RoomName("r\($0)") }
        for room in rooms {
            let member = try fixture.member()
            _ = fixture.shard.join(room, member.connection, as: .native, answering: Self.answer(1))
            fixture.driven.turn()
        }
        #expect(fixture.driven.turn { fixture.refused.count == 20 })
        #expect(Set(fixture.refused.map(\.room)) == Set(rooms))
    }

    @Test func `so many commands for one room wait, and no more; a confirmation answers them in order`() throws {
        let (fixture, _) = try Self.shard(patience: .seconds(10))
        defer { fixture.end() }
        let member = try fixture.member()
        let subscription = fixture.shard.join(Self.room, member.connection, as: .native, answering: Self.answer(0))
        for number in 1..<16 {
            #expect(fixture.shard.answerWhenConfirmed(subscription, Self.answer(number)) == nil)
        }
        #expect(fixture.shard.answerWhenConfirmed(subscription, Self.answer(16))?.code == .rateLimited)
        fixture.hub.subscribed([Self.room])
        #expect(fixture.confirmed.map(\.1) == (0..<16).map(Self.answer))
        #expect(fixture.shard.answerWhenConfirmed(subscription, Self.answer(17)) == nil)
        #expect(fixture.confirmed.count == 17 && fixture.refused.isEmpty)
    }

    @Test func `who leaves waits no more`() throws {
        let (fixture, _) = try Self.shard(patience: .milliseconds(20))
        defer { fixture.end() }
        let (one, two) = (try fixture.member(), try fixture.member())
        let left = fixture.shard.join(Self.room, one.connection, as: .native, answering: Self.answer(1))
        fixture.shard.leave(left)
        _ = fixture.shard.join(Self.room, two.connection, as: .native, answering: Self.answer(2))
        #expect(fixture.driven.turn { !fixture.refused.isEmpty })
        #expect(fixture.refused.map(\.connection) == [two.connection])
    }

    @Test func `a room that the broker denies refuses all its members, once`() throws {
        let (fixture, broker) = try Self.shard(patience: .milliseconds(20))
        defer { fixture.end() }
        let (native, plain) = (try fixture.member(), try fixture.member())
        _ = fixture.shard.join(Self.room, native.connection, as: .native, answering: Self.answer(1))
        _ = fixture.shard.join(Self.room, plain.connection, as: .plain, answering: nil)
        broker.refuse(Self.room, Refusal(.forbidden, "no"))
        #expect(Set(fixture.refused.map(\.connection)) == [native.connection, plain.connection])
        #expect(fixture.refused.allSatisfy { $0.refusal.code == .forbidden })
        #expect(fixture.refused.first { $0.connection == native.connection }?.answers == [Self.answer(1)])
        #expect(fixture.driven.ticks(in: .milliseconds(60)) < 20)
        #expect(fixture.refused.count == 2)
        broker.refuse(try RoomName("unknown"), Refusal(.forbidden, "no"))
        #expect(fixture.refused.count == 2)
    }
}
