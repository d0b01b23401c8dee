import Instruments
import Messaging
import Reactor
import Sessions
import TestKit
import Testing

@Suite struct SessionWaitingTests {
    @Test(arguments: [PublicationReceipt.Result.accepted, .unavailable])
    func `a publisher is not read while the broker holds its message`(result: PublicationReceipt.Result) throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let client = try stage.open(.anonymous)
        client.publish("1", to: "r", id: .number("1"))
        #expect(!client.session.isHeld)
        stage.broker.isHolding = true
        client.publish("2", to: "r", id: .number("2"))
        #expect(client.session.isHeld)
        #expect(client.output.reading == [false])
        stage.driven.turn()
        stage.broker.isHolding = false
        stage.broker.answer(result)
        stage.driven.turn()
        #expect(client.output.events.count + client.output.refusals.count == 2)
        #expect(client.output.reading == [false, true])
        #expect(!client.session.isHeld)
    }

    @Test func `it is not for ever: time runs out, and the receipt is told when it comes`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let client = try stage.open(.anonymous)
        stage.broker.isHolding = true
        client.publish("1", to: "r")
        stage.driven.turn()
        let deadline = stage.driven.loop.now + .seconds(7)
        #expect(try #require(client.output.wakes.last) <= deadline)
        client.session.timerFired(at: deadline)
        #expect(client.output.reading == [false, true])
        #expect(client.output.endings.isEmpty)
        stage.broker.answer(.unavailable)
        #expect(client.output.codes == [.brokerUnavailable])
        #expect(client.output.reading == [false, true])
    }

    @Test func `silence of a client that is not read is not held against it`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let client = try stage.open(.anonymous)
        let start = client.session.openedAt
        client.session.timerFired(at: start + .seconds(25))
        #expect(client.output.pings.count == 1)
        client.session.hold(.pressure)
        client.session.timerFired(at: start + .seconds(200))
        #expect(client.output.endings.isEmpty)
        client.session.release(.pressure)
        #expect(client.output.endings.isEmpty)
        // From when it is read again it has the whole time, and no more.
        let again = try #require(client.output.wakes.last)
        client.session.timerFired(at: again)
        #expect(client.output.endings.map(\.reason) == [.pingTimeout])
    }

    @Test func `it is read again when no reason is left`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let client = try stage.open(.anonymous)
        client.session.hold(.pressure)
        client.session.wait(upTo: .seconds(5)) {}
        client.session.hold(.pressure)
        client.session.release(.pressure)
        #expect(client.output.reading == [false])
        client.session.endWait()
        #expect(client.output.reading == [false, true])
    }

    @Test func `a wait ends with the goodbye, without a word`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let client = try stage.open(.anonymous)
        var hasExpired = false
        client.session.wait(upTo: .seconds(5)) { hasExpired = true }
        client.session.sayGoodbye(Ending(.drain, by: .server))
        client.session.timerFired(at: client.session.openedAt + .seconds(60))
        client.session.endWait()
        #expect(!hasExpired)
        #expect(client.output.reading == [false])
    }
}
