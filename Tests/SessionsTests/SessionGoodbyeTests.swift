import Instruments
import Messaging
import Reactor
import Rooms
import TestKit
import Testing

@testable import Sessions

@Suite struct SessionGoodbyeTests {
    @Test func `the goodbye ends all but the socket, whose end brings the numbers`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let client = try stage.open(try stage.user("alice"))
        let id = client.session.identity.connection
        for room in ["a", "b"] {
            client.ask(.subscribe(try RoomName(room), since: nil))
        }
        client.publish("1", to: "a")
        stage.driven.turn()
        stage.broker.answer(.accepted)
        stage.driven.turn()
        #expect(stage.active == 1)

        let final = try #require(stage.driven.loop.counters(of: client.handle))
        client.session.sayGoodbye(Ending(.policy, by: .server), room: try RoomName("b"))
        #expect(client.session.state == .sayingGoodbye)
        #expect(stage.shard.report().counts.subscriptions == 0)
        #expect(client.session.subscriptions.all.isEmpty)
        #expect(stage.active == 0)
        #expect(stage.counts().opened == 1)
        #expect(stage.counts().closed[.server][.policy] == 1)
        #expect(stage.users.count == 0)
        #expect(stage.registry.session(of: id) === client.session)
        #expect(stage.registry.session(of: client.handle) === client.session)
        #expect(stage.log.lines(of: "connection.closed").isEmpty)

        client.session.closed(final)
        #expect(client.session.state == .closed)
        #expect(stage.registry.session(of: id) == nil)
        #expect(stage.registry.session(of: client.handle) == nil)
        let line = try #require(stage.log.lines(of: "connection.closed").first)
        #expect(line[.userId] == "alice")
        #expect(line[.reason] == "policy")
        #expect(line[.closeCode] == "1008")
        #expect(line[.room] == "b")
        #expect(line[.messagesReceived] == "1")
        #expect(line[.messagesSent] == "1")
        #expect(line[.bytesSent] == "1")
        #expect(line[.rooms] == "2")
        #expect(line[.dropped] == "0")
        #expect(line[.closedBeforeWrite] == nil && line[.writeErrors] == nil)
        #expect(line[.rttMs] == nil && line[.error] == nil)
    }

    @Test func `a second goodbye changes nothing`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let client = try stage.open(.anonymous)
        client.session.sayGoodbye(Ending(.policy, by: .server))
        try stage.cut(client)
        #expect(stage.counts().closed[.server][.policy] == 1)
        #expect(stage.counts().closed[.network][.abnormal] == 0)
        let line = try #require(stage.log.lines(of: "connection.closed").first)
        #expect(line[.reason] == "policy")
        #expect(stage.log.lines(of: "connection.closed").count == 1)
    }

    @Test(arguments: [PublicationReceipt.Result.accepted, .unavailable])
    func `nothing is said to a client after its goodbye, but what was refused is counted`(
        result: PublicationReceipt.Result
    ) throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let client = try stage.open(.anonymous)
        client.publish("1", to: "a")
        stage.driven.turn()
        client.session.sayGoodbye(Ending(.policy, by: .server))
        stage.broker.answer(result)
        client.publish("2", to: "a")
        client.session.timerFired(at: client.session.openedAt + .seconds(1000))
        #expect(client.output.events.isEmpty)
        #expect(client.output.refusals.isEmpty)
        #expect(client.output.pings.isEmpty)
        #expect(client.output.endings.isEmpty)
        #expect(stage.counts().messagesReceived == 1)
        #expect(stage.counts().rejected[.brokerUnavailable] == (result == .accepted ? 0 : 1))
    }

    @Test(arguments: ProtocolName.allCases)
    func `a user that is back while its old socket lingers has reconnected`(name: ProtocolName) throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let alice = try stage.user("alice")
        let old = try stage.open(alice, name)
        old.session.greet(resuming: nil)
        old.session.sayGoodbye(Ending(.policy, by: .server))
        let new = try stage.open(alice, name)
        new.session.greet(resuming: old.output.welcomes.first?.resume)
        #expect(old.session.state == .sayingGoodbye)
        #expect(stage.users.connections(of: try UserID("alice")) == 1)
        #expect(stage.active == 1)
        #expect(stage.registry.session(of: old.session.identity.connection) === old.session)
        let reconnects = stage.counts(name).reconnects
        #expect(reconnects[.fresh][.sameInstance] == (name == .plain ? 1 : 0))
        #expect(reconnects[.resumed][.sameInstance] == (name == .plain ? 0 : 1))
        #expect(stage.counts(name).reconnectGap.count == 1)
        try stage.cut(old)
        #expect(stage.active == 1)
    }

    @Test func `a user is one however many connections it has`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let alice = try stage.user("alice")
        let (one, two) = (try stage.open(alice), try stage.open(alice, .plain))
        _ = try stage.open(.anonymous)
        #expect(stage.users.count == 2)
        #expect(stage.users.connections(of: try UserID("alice")) == 2)
        try stage.cut(one)
        #expect(stage.users.count == 2)
        try stage.cut(two)
        #expect(stage.users.count == 1)
        #expect(stage.users.connections(of: try UserID("alice")) == 0)
    }

    @Test func `a refusal says why, with the limit that is at fault`() throws {
        let stage = try SessionStage(settings: ["limits.subscriptions": "2"])
        defer { stage.driven.end() }
        let client = try stage.open(.anonymous)
        #expect(client.session.join(try RoomName("a")) == nil)
        #expect(client.session.join(try RoomName("b")) == nil)
        #expect(client.session.join(try RoomName("a")) == nil)
        let sentence = "a connection may be in 2 rooms (limits.subscriptions)"
        #expect(client.session.join(try RoomName("c")) == Refusal(.rateLimited, sentence))
        #expect(client.session.leave(try RoomName("c")) == Refusal(.invalid, "this connection is not in room c"))
        client.ask(.subscribe(try RoomName("c"), since: nil), id: .number("9"))
        #expect(client.output.refusals.map(\.refusal.sentence) == [sentence])
        #expect(client.output.refusals.map(\.id) == [.number("9")])
        let line = try #require(stage.log.lines(of: "command.failed").first)
        #expect(line[.reason] == "rate_limited")
        #expect(line[.error] == sentence)
        #expect(line[.command] == "subscribe" && line[.room] == "c")
    }
}
