import Instruments
import Messaging
import Reactor
import Rooms
import TestKit
import Testing

@testable import Sessions

@Suite struct SessionLogTests {
    @Test func `the last line has the sentence that the client was told`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let sentence = "messages were not read in time"
        let cases: [(Ending, String?)] = [
            (Ending(.slowConsumer, by: .server, sentence), sentence),
            (Ending(.pingTimeout, by: .network, "no pong in time"), "no pong in time"),
            (Ending(.abnormal, by: .network), nil),
            (.byClient(code: 1001), nil),
        ]
        for (place, (ending, expected)) in cases.enumerated() {
            let client = try stage.open(.anonymous)
            client.session.sayGoodbye(ending)
            try stage.cut(client)
            #expect(stage.log.lines(of: "connection.closed")[place][.error] == expected)
        }
    }

    @Test func `the last line has the last round trip in milliseconds`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let client = try stage.open(.anonymous)
        let ping = try #require(client.output.wakes.last)
        client.session.timerFired(at: ping)
        client.session.pong(try #require(client.output.pings.last), at: ping + .microseconds(1250))
        try stage.cut(client)
        #expect(stage.log.lines(of: "connection.closed").first?[.rttMs] == "1.25")
    }

    @Test func `a refused publication names room and message, as far as they are known`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let client = try stage.open(.anonymous)
        let room = try RoomName("r")
        client.publish("1", to: "r")
        stage.driven.turn()
        stage.broker.answer(.unavailable)
        stage.driven.turn()
        let fault = CommandFault(id: nil, command: .publish, room: room, Refusal(.invalid, "nonsense"))
        client.session.fail(fault, frameBytes: 5)
        let lines = stage.log.lines(of: "publication.refused")
        #expect(lines.map { $0[.room] } == ["r", "r"])
        #expect(lines.map { $0[.reason] } == ["broker_unavailable", "invalid"])
        #expect(lines[0][.messageId]?.count == 26 && lines[1][.messageId] == nil)
        #expect(lines[0][.error]?.contains("the broker") == true && lines[1][.error] == "nonsense")
        #expect(lines.allSatisfy { $0[.connectionId] == client.session.identity.connection.text })
    }

    @Test func `a failed command names itself, and its room where it has one`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let client = try stage.open(.unnamed)
        client.ask(.subscribe(try RoomName("r"), since: nil))
        client.ask(.ping)
        client.publish("1", to: "r")
        let lines = stage.log.lines(of: "command.failed")
        #expect(lines.map { $0[.command] } == ["subscribe", "ping"])
        #expect(lines.map { $0[.room] } == ["r", nil])
        #expect(stage.log.lines(of: "publication.refused").map { $0[.room] } == ["r"])
    }

    @Test func `a resumed connection names the one before, and the instance it was on`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let first = try stage.open(.anonymous)
        first.session.greet(resuming: nil)
        let second = try stage.open(.anonymous)
        second.session.greet(resuming: first.output.welcomes.first?.resume)
        try stage.cut(second)
        let third = try stage.open(.anonymous)
        third.session.greet(resuming: second.output.welcomes.first?.resume)
        let lines = stage.log.lines(of: "connection.resumed")
        let chain = [first, second, third].map(\.session.identity.connection.text)
        #expect(lines.map { $0[.connectionId] } == [chain[1], chain[2]])
        #expect(lines.map { $0[.earlierConnectionId] } == [chain[0], chain[1]])
        #expect(lines.map { $0[.earlierInstance] } == ["test", "test"])
        #expect(lines.map { $0[.place] } == ["1", "2"])
        // The first had not ended, so it had no gap to tell.
        #expect(lines[0][.durationMs] == nil && lines[1][.durationMs] != nil)
    }

    @Test func `drops have a line when they begin and one when they end`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let client = try stage.open(try stage.user("alice"))
        client.session.dropsChanged(.began(source: 0), room: try RoomName("r"))
        client.session.dropsChanged(.ended(frames: 7, after: .milliseconds(1500)), room: nil)
        let began = try #require(stage.log.lines(of: "connection.drops_began").first)
        #expect(began[.userId] == "alice" && began[.room] == "r" && began.lineLimit != nil)
        let ended = try #require(stage.log.lines(of: "connection.drops_ended").first)
        #expect(ended[.dropped] == "7" && ended[.durationMs] == "1500" && ended.lineLimit != nil)
    }

    @Test func `at debug level every publication and delivery has a line with the message's id`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let (alice, bob) = (try stage.open(try stage.user("alice")), try stage.open(try stage.user("bob"), .plain))
        for client in [alice, bob] { #expect(client.session.join(try RoomName("r")) == nil) }
        alice.publish("1", to: "r")
        stage.driven.turn()
        stage.broker.answer(.accepted)
        stage.driven.turn()
        let accepted = try #require(stage.log.lines(of: "publication.accepted").first)
        let message = try #require(accepted[.messageId])
        #expect(accepted[.userId] == "alice" && accepted[.room] == "r")
        let fanned = try #require(stage.log.lines(of: "message.fanned_out").first)
        #expect(fanned[.messageId] == message && fanned[.count] == "2" && fanned[.userId] == "alice")
        let settled = stage.log.lines(of: "delivery.settled")
        #expect(Set(settled.map { $0[.userId] }) == ["alice", "bob"])
        #expect(settled.allSatisfy { $0[.messageId] == message && $0[.outcome] == "written" && $0[.room] == "r" })
        #expect(settled.count == 2)
        #expect(!stage.log.lines.state.contains { $0.values.contains { $0.1 == .text("1") } }, "no payload")
    }

    @Test func `at a higher level nobody watches deliveries`() throws {
        let stage = try SessionStage(level: .info)
        defer { stage.driven.end() }
        #expect(!stage.registry.watchesDeliveries)
        let alice = try stage.open(try stage.user("alice"))
        #expect(alice.session.join(try RoomName("r")) == nil)
        alice.publish("1", to: "r")
        stage.driven.turn()
        stage.broker.answer(.accepted)
        stage.driven.turn()
        #expect(stage.log.lines.state.map(\.event) == ["connection.opened"])
    }
}
