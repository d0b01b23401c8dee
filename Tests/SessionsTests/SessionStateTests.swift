import Instruments
import Messaging
import Rooms
import TestKit
import Testing

@testable import Sessions

@Suite struct SessionStateTests {
    @Test func `states follow one another, and say what may be asked`() {
        #expect(
            [SessionState.closed, .open, .sayingGoodbye, .unnamed].sorted() == [
                .unnamed, .open, .sayingGoodbye, .closed,
            ]
        )
        for command in CommandName.allCases {
            #expect(SessionState.unnamed.allows(command) == (command == .connect))
            #expect(SessionState.open.allows(command))
            #expect(!SessionState.sayingGoodbye.allows(command))
            #expect(!SessionState.closed.allows(command))
        }
    }

    @Test func `a client that is nobody may only connect`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let client = try stage.open(.unnamed)
        client.session.greet(resuming: nil)
        let room = try RoomName("r")
        client.ask(.subscribe(room, since: nil))
        client.ask(.ping)
        client.publish("1", to: "r")
        #expect(client.output.codes == [.unauthenticated, .unauthenticated, .unauthenticated])
        #expect(client.output.events.isEmpty)
        #expect(stage.counts().messagesReceived == 1)
        #expect(stage.counts().rejected[.forbidden] == 1)
        #expect(stage.counts().commands[.subscribe][.error] == 1)
        #expect(stage.shard.report().counts.subscriptions == 0)
        #expect(stage.active == 1)
        #expect(stage.users.count == 0)
    }

    @Test func `its first command names it, once`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let client = try stage.open(.unnamed)
        client.session.greet(resuming: nil)
        client.ask(.connect(token: nil, resume: nil))
        #expect(client.session.state == .open)
        #expect(client.output.welcomes.map(\.user) == [UserID(anonymous: client.session.identity.connection)])
        #expect(stage.users.count == 1)
        client.ask(.subscribe(try RoomName("r"), since: nil))
        #expect(stage.shard.report().counts.subscriptions == 1)
        client.ask(.connect(token: nil, resume: nil))
        #expect(client.output.codes == [.invalid])
    }

    @Test func `a token that the handshake of a nobody brought is claimed when it has a name`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let first = try stage.open(.anonymous)
        first.session.greet(resuming: nil)
        let token = try #require(first.output.welcomes.first).resume
        try stage.cut(first)
        let second = try stage.open(.unnamed)
        second.session.greet(resuming: token)
        #expect(second.output.welcomes.isEmpty)
        second.ask(.connect(token: nil, resume: nil))
        #expect(second.output.welcomes.map(\.resumed) == [true])
    }

    @Test func `an anonymous client that resumes is the user that it was, and only it`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        var client = try stage.open(.anonymous)
        client.session.greet(resuming: nil)
        let first = try #require(client.output.welcomes.first)
        for _ in 0..<3 {
            let token = try #require(client.output.welcomes.last).resume
            try stage.cut(client)
            client = try stage.open(.anonymous)
            client.session.greet(resuming: token)
            let back = try #require(client.output.welcomes.first)
            #expect(back.resumed && back.user == first.user && back.connection != first.connection)
            #expect(client.session.identity.user == first.user && client.session.identity.isAnonymous)
            #expect(stage.registry.users.count == 1)
        }
        let stranger = try stage.open(.anonymous)
        stranger.session.greet(resuming: "nonsense")
        #expect(stranger.output.welcomes.map(\.user) != [first.user])
        try stage.cut(client)
        try stage.cut(stranger)
        #expect(stage.registry.users.count == 0)
    }

    @Test func `a client that does not say who it is is given up in time`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let client = try stage.open(.unnamed)
        let deadline = client.session.openedAt + .seconds(10)
        #expect(try #require(client.output.wakes.last) <= deadline)
        client.session.timerFired(at: deadline + .nanoseconds(-1))
        #expect(client.output.endings.isEmpty)
        client.session.timerFired(at: deadline)
        #expect(client.output.endings.map(\.reason) == [.handshakeTimeout])
        #expect(client.output.endings.map(\.code) == [4408])
        #expect(stage.counts().closed[.server][.handshakeTimeout] == 1)
    }

    @Test func `one that has said it has no such deadline`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let client = try stage.open(.unnamed)
        client.ask(.connect(token: nil, resume: nil))
        client.session.timerFired(at: client.session.openedAt + .seconds(10))
        #expect(client.output.endings.isEmpty)
    }

    @Test func `a language that is not pinged asks for no timer`() throws {
        let quiet = ProtocolTraits(commands: [.publish], isPinged: false, isWelcomed: false)
        let stage = try SessionStage(traits: PerCase(repeating: quiet))
        defer { stage.driven.end() }
        let client = try stage.open(.anonymous)
        client.session.greet(resuming: nil)
        client.session.timerFired(at: client.session.openedAt + .seconds(1000))
        #expect(client.output.wakes.isEmpty)
        #expect(client.output.pings.isEmpty)
        #expect(client.output.endings.isEmpty)
        #expect(client.output.events.isEmpty)
    }
}
