import HTTPServer
import Instruments
import Messaging
import Reactor
import Rooms
import TestKit
import Testing
import Transport

@testable import Sessions

@Suite struct WebSocketConnectionTests {
    private func publish(_ id: Int, to room: String = "r") -> String {
        #"{"type":"publish","id":\#(id),"room":"\#(room)","data":\#(id)}"#
    }

    /// The ids of the `ok` frames, in their order.
    private func answered(_ heard: [String]) -> [Int] {
        heard.filter { $0.hasPrefix(#"{"type":"ok","id":"#) }.compactMap {
            Int($0.dropFirst(18).prefix { $0.isNumber })
        }
    }

    @Test func `what follows a publication that the broker holds waits in its order`() throws {
        let stage = try WebSocketStage()
        let client = try stage.native()
        stage.broker.isHolding = true
        client.send(self.publish(1), #"{"type":"subscribe","id":2,"room":"r"}"#, self.publish(3))
        stage.driven.turn(times: 5)
        #expect(stage.counts[.native].messagesReceived == 1)
        #expect(stage.shard.report().counts.subscriptions == 0)
        stage.broker.isHolding = false
        stage.broker.answer(.accepted)
        stage.driven.turn(times: 3)
        stage.broker.answer(.accepted)
        let heard = client.hear { self.answered($0).count == 3 && $0.last?.contains(#""type":"message""#) == true }
        #expect(self.answered(heard) == [1, 2, 3])
        // It was no member when the first was published, and was one for the other.
        #expect(heard.count { $0.contains(#""type":"message""#) } == 1)
        #expect(stage.unaccounted == 0)
    }

    @Test func `a plain client whose message the broker refuses in the end is closed, and nothing behind it is read`()
        throws
    {
        let stage = try WebSocketStage()
        let client = try stage.client("room=r")
        stage.broker.isHolding = true
        client.send("one", "two")
        stage.driven.turn(times: 5)
        stage.broker.answer(.unavailable)
        #expect(client.hear { !$0.isEmpty } == ["close 1013"])
        #expect(stage.counts[.plain].messagesReceived == 1)
        #expect(stage.counts[.plain].rejected[.brokerUnavailable] == 1)
    }

    @Test func `nothing of a room follows the close frame, nor counts as written`() throws {
        let stage = try WebSocketStage()
        let (leaver, talker) = (try stage.client("room=r"), try stage.client("room=r&echo=false"))
        _ = stage.driven.turn { stage.registry.active()[.plain].sum == 2 }
        talker.send("before")
        _ = stage.driven.turn { stage.counts[.plain].messagesReceived == 1 }
        stage.broker.answer(.accepted)
        leaver.sendClose(1000)
        _ = stage.driven.turn { stage.registry.active()[.plain].sum == 1 }
        talker.send("after")
        _ = stage.driven.turn { stage.counts[.plain].messagesReceived == 2 }
        stage.broker.answer(.accepted)
        stage.driven.turn(times: 3)
        #expect(leaver.hear { $0.count == 2 } == ["before", "close 1000"])
        let outcomes = stage.shard.report().loop.lanes[Int(ProtocolName.plain.lane)].outcomes
        #expect(outcomes[.written] == 1)
        #expect(outcomes[.senderExcluded] == 2)
        #expect(stage.unaccounted == 0)
    }

    @Test func `a client that is back while its old socket lingers has reconnected`() throws {
        let stage = try WebSocketStage()
        let old = try stage.native("user=alice")
        old.send("no JSON")
        #expect(old.hear { $0.last == "close 4400" }.last == "close 4400")
        #expect(stage.driven.loop.snapshot().open == 1)
        let new = try stage.native("user=alice")
        #expect(stage.driven.loop.snapshot().open == 2)
        #expect(stage.registry.active()[.native].sum == 1)
        #expect(stage.registry.users.connections(of: try UserID("alice")) == 1)
        new.send(#"{"type":"ping"}"#)
        _ = new.hear { $0.last?.contains("pong") == true }
        #expect(stage.counts[.native].reconnects[.fresh][.sameInstance] == 1)
    }

    @Test func `a handshake may wait for its answer, and what follows it keeps its order`() throws {
        var waiting: [() -> Void] = []
        let stage = try WebSocketStage { exchange, endpoint in
            waiting.append { endpoint.answer(exchange, for: .rooms) }
        }
        let (patient, impatient) = (try stage.client("room=r"), try stage.client("room=r"))
        patient.send("one", "two")
        _ = stage.driven.turn { waiting.count == 2 }
        stage.driven.turn(times: 3)
        #expect(stage.counts[.plain].opened == 0)
        impatient.peer.reset()
        _ = stage.driven.turn { stage.driven.loop.snapshot().open == 1 }
        for answer in waiting {
            answer()
        }
        waiting = []
        _ = stage.driven.turn { stage.counts[.plain].messagesReceived == 2 }
        stage.broker.answer(.accepted)
        #expect(patient.hear { $0.count == 2 } == ["one", "two"])
        #expect(stage.counts[.plain].opened == 1)
    }

    @Test func `a message that is not whole in time ends the connection`() throws {
        let stage = try WebSocketStage(["limits.messageTimeout=100ms"])
        let client = try stage.client("room=r")
        _ = stage.driven.turn { stage.registry.active()[.plain].sum == 1 }
        _ = client.sendPart(of: 1000, missing: 10)
        #expect(client.hear { !$0.isEmpty } == ["close 1008"])
        #expect(stage.counts[.plain].closed[.server][.policy] == 1)
    }

    @Test func `time for a message begins anew with each, however closely they follow`() throws {
        let stage = try WebSocketStage()
        let client = try stage.client("room=r")
        _ = stage.driven.turn { stage.registry.live.count == 1 }
        let session = try #require(stage.registry.live.first)
        #expect(session.output.messageDeadline == nil)
        let rest = client.sendPart(of: 300, missing: 100)
        _ = stage.driven.turn { session.output.messageDeadline != nil }
        let first = try #require(session.output.messageDeadline)
        // The end of one message and the beginning of the next come together.
        client.peer.send(rest)
        let last = client.sendPart(of: 300, missing: 100)
        #expect(stage.driven.turn { stage.counts[.plain].messagesReceived == 1 })
        _ = stage.driven.turn { session.output.messageDeadline != nil }
        #expect(try #require(session.output.messageDeadline) > first)
        client.peer.send(last)
        #expect(stage.driven.turn { stage.counts[.plain].messagesReceived == 2 })
        #expect(session.output.messageDeadline == nil)
    }

    @Test func `what is held of unfinished messages counts in the bound, and the largest go first`() throws {
        let budget = QueueBudget(limit: 1_000_000)
        let stage = try WebSocketStage(budget: budget)
        let clients = try (0..<4).map { _ in try stage.client("room=r") }
        _ = stage.driven.turn { stage.registry.active()[.plain].sum == 4 }
        let rest = clients[0].sendPart(of: 200_000, missing: 10)
        _ = stage.driven.turn { budget.usedBytes >= 199_990 }
        #expect(budget.usedBytes <= 400_000)
        clients[0].peer.send(rest)
        _ = stage.driven.turn { budget.usedBytes == 0 }
        #expect(budget.usedBytes == 0, "nothing is held of what is whole")
        for client in clients {
            _ = client.sendPart(of: client === clients[2] ? 700_000 : 150_000, missing: 10)
        }
        _ = stage.driven.turn { stage.registry.active()[.plain].sum == 3 }
        #expect(clients[2].hear { !$0.isEmpty }.isEmpty, "there is no time for a goodbye")
        #expect(clients[2].hasEnded && budget.usedBytes <= 1_000_000)
        #expect(stage.counts[.plain].closed[.server][.slowConsumer] == 1)
        for client in clients { client.peer.reset() }
        _ = stage.driven.turn { budget.usedBytes == 0 }
        #expect(budget.usedBytes == 0)
    }
}
