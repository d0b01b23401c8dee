import Instruments
import Messaging
import Reactor
import Rooms
import TestKit
import Testing

@testable import Sessions

/// Rooms that the broker does not deliver.
@Suite struct SubscriptionRefusedTests {
    private static let room = try! RoomName("r")

    @Test func `a subscribe that the broker does not confirm in time is undone`() throws {
        let stage = try SessionStage(subscriptionPatience: .milliseconds(20))
        defer { stage.driven.end() }
        stage.broker.isDeaf = true
        let (client, plain) = (try stage.open(.anonymous), try stage.open(.anonymous, .plain))
        client.ask(.subscribe(Self.room, since: nil), id: .number("7"))
        client.ask(.subscribe(Self.room, since: "x"), id: .number("8"))
        #expect(plain.session.join(Self.room) == nil)
        #expect(stage.driven.turn { !client.output.refusals.isEmpty })
        #expect(client.output.refusals.map(\.id) == [.number("7"), .number("8")])
        #expect(client.output.codes == [.brokerUnavailable, .brokerUnavailable])
        #expect(client.output.events.isEmpty && client.session.subscriptions.all.isEmpty)
        #expect(plain.output.refusals.isEmpty && plain.session.subscriptions.count == 1)
        stage.broker.isDeaf = false
        client.ask(.subscribe(Self.room, since: nil), id: .number("9"))
        stage.broker.reconsider([Self.room])
        #expect(client.output.events.count == 1)
    }

    @Test func `a room that the broker denies is an error with the command's id, and closes whoever has no commands`()
        throws
    {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        stage.broker.isDeaf = true
        let (client, plain) = (try stage.open(.anonymous), try stage.open(.anonymous, .plain))
        let other = try stage.open(.anonymous)
        client.ask(.subscribe(Self.room, since: nil), id: .number("7"))
        client.ask(.subscribe(try RoomName("allowed"), since: nil), id: .number("8"))
        other.ask(.subscribe(try RoomName("allowed"), since: nil), id: .number("9"))
        #expect(plain.session.join(Self.room) == nil)
        stage.broker.refuse(Self.room, Refusal(.forbidden, "room r is denied"))
        #expect(client.output.refusals.map(\.id) == [.number("7")] && client.output.codes == [.forbidden])
        #expect(client.session.subscriptions.all.map(\.roomName.text) == ["allowed"])
        #expect(plain.output.codes == [.forbidden])
        #expect(other.output.refusals.isEmpty)
    }

    @Test func `a room that is denied after it was delivered is an error without an id`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let client = try stage.open(.anonymous)
        client.ask(.subscribe(Self.room, since: nil))
        #expect(client.output.events.count == 1)
        stage.broker.refuse(Self.room, Refusal(.forbidden, "room r is denied"))
        #expect(client.output.refusals.map(\.id) == [nil] && client.output.codes == [.forbidden])
        #expect(client.session.subscriptions.all.isEmpty)
    }

    @Test func `a publication that the broker forbids is forbidden, and counted so`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let client = try stage.open(.anonymous)
        client.publish("1", to: "r")
        stage.driven.turn()
        stage.broker.answer(.forbidden)
        stage.driven.turn()
        #expect(client.output.codes == [.forbidden])
        #expect(stage.counts().rejected[.forbidden] == 1)
    }
}
