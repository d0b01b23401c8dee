import Instruments
import Messaging
import Reactor
import TestKit
import Testing

@testable import Sessions

/// Chains that are continued on any instance.
@Suite struct SessionClaimTests {
    private static let token = "R2hvc3QtdG9rZW4tb25seQ"
    private static let earlier = ConnectionID(ULID(high: 7, low: 7))

    private static func record(
        place: Int = 3,
        user: UserID? = UserID(anonymous: earlier),
        origin: BusOrigin = BusOrigin(high: 2, low: 2)
    ) -> ChainRecord {
        ChainRecord(
            connection: self.earlier,
            instance: "other",
            origin: origin,
            place: place,
            user: user,
            window: .seconds(120)
        )
    }

    private static func stage(_ chains: ScriptedChains, _ settings: [String: String] = [:]) throws -> SessionStage {
        try SessionStage(settings: settings, chains: chains)
    }

    /// A client whose connection has ended, so that it can come back: its token.
    private static func left(_ stage: SessionStage, _ user: ClientUser) throws -> String {
        let client = try stage.open(user)
        client.session.greet(resuming: nil)
        client.session.sayGoodbye(Ending(.abnormal, by: .network))
        stage.driven.turn()
        return client.output.welcomes[0].resume
    }

    @Test(arguments: [true, false])
    func `a chain from another instance is continued, and the welcome waits for that`(isInURL: Bool) throws {
        let chains = ScriptedChains()
        let stage = try Self.stage(chains)
        defer { stage.driven.end() }
        let client = try stage.open(isInURL ? .anonymous : .unnamed)
        client.session.greet(resuming: isInURL ? Self.token : nil)
        if !isInURL {
            client.ask(.connect(token: nil, resume: Self.token))
        }
        stage.driven.turn()
        // What the client says meanwhile waits, so nothing overtakes the welcome.
        #expect(client.output.events.isEmpty && client.output.reading == [false])
        #expect(chains.answer(.claimed(Self.record(), gap: .seconds(5))) == 1)
        stage.driven.turn()
        #expect(client.output.welcomes.map(\.resumed) == [true])
        #expect(client.output.welcomes.map(\.user) == [UserID(anonymous: Self.earlier)])
        #expect(client.output.events.count == 1 && client.output.reading == [false, true])
        let counts = stage.counts()
        #expect(counts.reconnects[.resumed][.otherInstance] == 1)
        #expect(counts.reconnects[.resumed].sum == 1 && counts.reconnects[.fresh].sum == 0)
        #expect(counts.reconnectGap.count == 1)
        let line = try #require(stage.log.lines(of: "connection.resumed").first)
        #expect(line[.earlierConnectionId] == Self.earlier.text && line[.earlierInstance] == "other")
        #expect(line[.connectionId] == client.session.identity.connection.text && line[.place] == "4")
        #expect(line[.durationMs] == "5000")
        // Its own token continues from there.
        let written = chains.take().compactMap { if case .write(_, let record, _) = $0 { record } else { nil } }
        #expect(written.map(\.place) == [4] && written.map(\.user) == [UserID(anonymous: Self.earlier)])
    }

    @Test func `after 250 ms the client is a new one, and a late answer gives the token back`() throws {
        let chains = ScriptedChains()
        let stage = try Self.stage(chains)
        defer { stage.driven.end() }
        let client = try stage.open(.anonymous)
        client.session.greet(resuming: Self.token)
        stage.driven.turn()
        let start = stage.driven.loop.now
        client.session.timerFired(at: start + .milliseconds(240))
        #expect(client.output.events.isEmpty)
        #expect(client.output.wakes.contains { $0 <= start + .milliseconds(250) })
        client.session.timerFired(at: start + .milliseconds(251))
        #expect(client.output.welcomes.map(\.resumed) == [false] && client.output.reading == [false, true])
        #expect(stage.counts().reconnects[.fresh][.unknown] == 1)
        chains.answer(.claimed(Self.record(), gap: nil))
        stage.driven.turn()
        #expect(client.output.events.count == 1 && stage.counts().reconnects[.resumed].sum == 0)
        let key = ChainKey(token: Self.token, user: nil)
        #expect(chains.take().map(\.summary).contains("giveBack \(key.name) 3"))
        let line = try #require(stage.log.lines(of: "connection.resume_late").first)
        #expect(line[.earlierConnectionId] == Self.earlier.text && line[.earlierInstance] == "other")
        #expect(line[.connectionId] == client.session.identity.connection.text)
    }

    @Test func `a client that leaves while it waits can bring its token again`() throws {
        let chains = ScriptedChains()
        let stage = try Self.stage(chains)
        defer { stage.driven.end() }
        let client = try stage.open(.anonymous)
        client.session.greet(resuming: Self.token)
        stage.driven.turn()
        client.session.sayGoodbye(Ending(.abnormal, by: .network))
        chains.answer(.claimed(Self.record(), gap: nil))
        stage.driven.turn()
        #expect(client.output.events.isEmpty)
        #expect(stage.counts().reconnects[.resumed].sum + stage.counts().reconnects[.fresh].sum == 0)
        #expect(chains.take().count { if case .giveBack = $0 { true } else { false } } == 1)
    }

    @Test func `an answer to one claim is not taken for the answer to the next`() throws {
        let chains = ScriptedChains()
        let stage = try Self.stage(chains)
        defer { stage.driven.end() }
        let client = try stage.open(.anonymous)
        client.session.greet(resuming: Self.token)
        stage.driven.turn()
        client.session.timerFired(at: stage.driven.loop.now + .milliseconds(251))
        let late = chains.take()
        client.ask(.connect(token: nil, resume: "T3RoZXItdG9rZW4tb25seQ"))
        stage.driven.turn()
        for case .claim(_, let answer) in late {
            answer(.claimed(Self.record(), gap: nil))
        }
        stage.driven.turn()
        #expect(client.output.welcomes.map(\.resumed) == [false])
        chains.answer(.claimed(Self.record(place: 8), gap: nil))
        stage.driven.turn()
        #expect(client.output.welcomes.map(\.resumed) == [false, true])
        #expect(stage.log.lines(of: "connection.resumed").map { $0[.place] } == ["9"])
    }

    @Test func `an own token is asked for there too, and what came second there does not count here`() throws {
        let chains = ScriptedChains()
        let stage = try Self.stage(chains)
        defer { stage.driven.end() }
        let token = try Self.left(stage, .anonymous)
        let back = try stage.open(.anonymous)
        back.session.greet(resuming: token)
        stage.driven.turn()
        #expect(back.output.events.isEmpty)
        #expect(chains.answer(.taken) == 1)
        stage.driven.turn()
        #expect(back.output.welcomes.map(\.resumed) == [false])
        #expect(stage.counts().reconnects[.fresh][.unknown] == 1)
        // Not later either, when nobody can be asked.
        chains.canClaim = false
        let again = try stage.open(.anonymous)
        again.session.greet(resuming: token)
        #expect(again.output.welcomes.map(\.resumed) == [false])
    }

    @Test func `an own token that is won there is continued with what is known here`() throws {
        let chains = ScriptedChains()
        let stage = try Self.stage(chains)
        defer { stage.driven.end() }
        let token = try Self.left(stage, try stage.user("alice"))
        let back = try stage.open(try stage.user("alice"))
        back.session.greet(resuming: token)
        stage.driven.turn()
        let record = Self.record(place: 0, user: nil, origin: chains.origin)
        #expect(chains.answer(.claimed(record, gap: .seconds(1))) == 1)
        stage.driven.turn()
        #expect(back.output.welcomes.map(\.resumed) == [true])
        #expect(stage.counts().reconnects[.resumed][.sameInstance] == 1)
        #expect(stage.log.lines(of: "connection.resumed").map { $0[.earlierInstance] } == ["test"])
    }

    @Test func `whichever of two claims of an own token is answered first, the one that won is resumed`() throws {
        let chains = ScriptedChains()
        let stage = try Self.stage(chains)
        defer { stage.driven.end() }
        let token = try Self.left(stage, .anonymous)
        let (first, second) = (try stage.open(.anonymous), try stage.open(.anonymous))
        second.session.greet(resuming: token)
        stage.driven.turn()
        #expect(chains.answer(.taken) == 1)
        first.session.greet(resuming: token)
        stage.driven.turn()
        #expect(chains.answer(.claimed(Self.record(origin: chains.origin), gap: nil)) == 1)
        stage.driven.turn()
        #expect(second.output.welcomes.map(\.resumed) == [false])
        #expect(first.output.welcomes.map(\.resumed) == [true])
        #expect(stage.counts().reconnects[.resumed][.sameInstance] == 1)
    }

    @Test(arguments: [ChainAnswer.unknown, .unavailable])
    func `where there is no answer, what this instance knows decides, once`(answer: ChainAnswer) throws {
        let chains = ScriptedChains()
        let stage = try Self.stage(chains)
        defer { stage.driven.end() }
        let token = try Self.left(stage, try stage.user("alice"))
        let clients = try (0..<2).map { _ in try stage.open(try stage.user("alice")) }
        for client in clients {
            client.session.greet(resuming: token)
        }
        stage.driven.turn()
        #expect(chains.answer(answer) == 2)
        stage.driven.turn()
        #expect(clients.map { $0.output.welcomes.map(\.resumed) } == [[true], [false]])
        // Should the record turn up, nobody is to have it a second time.
        let key = ChainKey(token: token, user: try UserID("alice"))
        #expect(chains.take().map(\.summary).contains("forget \(key.name) true"))
    }

    @Test func `while it is away nobody waits`() throws {
        let chains = ScriptedChains()
        chains.canClaim = false
        let stage = try Self.stage(chains)
        defer { stage.driven.end() }
        let token = try Self.left(stage, .anonymous)
        let client = try stage.open(.anonymous)
        client.session.greet(resuming: token)
        #expect(client.output.welcomes.map(\.resumed) == [true] && client.output.reading.isEmpty)
        stage.driven.turn()
        let key = ChainKey(token: token, user: nil)
        #expect(chains.take().map(\.summary).contains("forget \(key.name) true"))
    }

    @Test func `what cannot be a token is not asked for`() throws {
        let chains = ScriptedChains()
        let stage = try Self.stage(chains)
        defer { stage.driven.end() }
        for text in ["", "nonsense", String(repeating: "x", count: 100_000)] {
            let client = try stage.open(.anonymous)
            client.session.greet(resuming: text)
            #expect(client.output.welcomes.map(\.resumed) == [false])
        }
        stage.driven.turn()
        #expect(chains.answer(.unknown) == 0)
    }

    @Test func `another user's token is asked for under that user's name, and stays where it is`() throws {
        let chains = ScriptedChains()
        let stage = try Self.stage(chains)
        defer { stage.driven.end() }
        let token = try Self.left(stage, try stage.user("alice"))
        _ = chains.take()
        let thief = try stage.open(try stage.user("mallory"))
        thief.session.greet(resuming: token)
        stage.driven.turn()
        let requests = chains.take()
        let key = ChainKey(token: token, user: try UserID("mallory"))
        #expect(requests.map(\.summary).contains("claim \(key.name)"))
        for case .claim(_, let answer) in requests {
            answer(.unknown)
        }
        stage.driven.turn()
        #expect(thief.output.welcomes.map(\.resumed) == [false])
        chains.canClaim = false
        let alice = try stage.open(try stage.user("alice"))
        alice.session.greet(resuming: token)
        #expect(alice.output.welcomes.map(\.resumed) == [true])
    }

    @Test func `an anonymous client becomes nobody that a record does not name`() throws {
        let chains = ScriptedChains()
        let stage = try Self.stage(chains)
        defer { stage.driven.end() }
        let client = try stage.open(.anonymous)
        client.session.greet(resuming: Self.token)
        stage.driven.turn()
        chains.answer(.claimed(Self.record(user: nil), gap: nil))
        stage.driven.turn()
        #expect(client.output.welcomes.map(\.resumed) == [false])
        #expect(client.output.welcomes.map(\.user) == [UserID(anonymous: client.session.identity.connection)])
    }

    // MARK: - What is told of an own connection

    @Test func `a token is written when it is given out, and forgotten when there is another`() throws {
        let chains = ScriptedChains()
        let stage = try Self.stage(chains)
        defer { stage.driven.end() }
        let client = try stage.open(try stage.user("alice"))
        client.session.greet(resuming: nil)
        client.ask(.connect(token: nil, resume: nil))
        let alice = try UserID("alice")
        let names = client.output.welcomes.map { ChainKey(token: $0.resume, user: alice).name }
        let open = Duration.seconds(3600 + 120)
        // One hand-over for all that a turn brings.
        #expect(chains.take().isEmpty)
        stage.driven.turn()
        #expect(
            chains.take().map(\.summary) == [
                "write \(names[0]) 0 \(open)", "forget \(names[0]) false", "write \(names[1]) 0 \(open)",
            ]
        )
        client.session.sayGoodbye(Ending(.normal, by: .client, code: 1000))
        stage.driven.turn()
        #expect(chains.take().map(\.summary) == ["keep \(names[1]) 0 \(Duration.seconds(120))"])
    }

    @Test func `a plain client costs nothing`() throws {
        let chains = ScriptedChains()
        let stage = try Self.stage(chains)
        defer { stage.driven.end() }
        let client = try stage.open(try stage.user("alice"), .plain)
        client.session.greet(resuming: nil)
        client.session.sayGoodbye(Ending(.abnormal, by: .network))
        stage.driven.turn()
        #expect(chains.take().isEmpty)
    }

    @Test func `an open connection's record is renewed with some of its pings, until the token is used`() throws {
        let chains = ScriptedChains()
        let stage = try Self.stage(chains, ["heartbeat.interval": "8m"])
        defer { stage.driven.end() }
        let client = try stage.open(.anonymous)
        client.session.greet(resuming: nil)
        stage.driven.turn()
        _ = chains.take()
        var now = client.session.openedAt
        /// Which of so many pings renewed it.
        func renewing(_ pings: Int) -> [Int] {
            (1...pings).filter { _ in
                now = now + .seconds(480)
                client.session.timerFired(at: now)
                client.session.pong(client.output.pings.last ?? 0, at: now)
                stage.driven.turn()
                return chains.take().count { if case .keep = $0 { true } else { false } } == 1
            }
        }
        #expect(renewing(6) == [2, 4, 6])
        #expect(client.output.pings.count == 6)
        chains.canClaim = false
        let other = try stage.open(.anonymous)
        other.session.greet(resuming: client.output.welcomes[0].resume)
        stage.driven.turn()
        _ = chains.take()
        #expect(renewing(4) == [])
        client.session.sayGoodbye(Ending(.abnormal, by: .network))
        stage.driven.turn()
        #expect(chains.take().isEmpty)
    }
}
