import Instruments
import Messaging
import Reactor
import TestKit
import Testing

@testable import Sessions

@Suite struct PathEvidenceTests {
    private func evidence(
        _ stage: SessionStage,
        _ client: SessionStage.Client,
        _ kernel: TCPInfo? = nil,
        before: UInt32? = nil,
        after: Duration = .zero
    ) -> PathEvidence {
        stage.registry.evidence(
            on: client.session,
            kernel: kernel,
            retransmitsBefore: before,
            at: client.session.openedAt + after
        )
    }

    @Test func `of a new client nothing is known`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        var evidence = self.evidence(stage, try stage.open(.anonymous))
        evidence.loopLag = .zero
        #expect(evidence == PathEvidence())
    }

    @Test func `a ping without an answer counts from when it was sent, and its round trip once it is answered`() throws
    {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let client = try stage.open(.anonymous)
        let opened = client.session.openedAt
        client.session.timerFired(at: opened + .seconds(25))
        let ping = try #require(client.output.pings.last)
        #expect(self.evidence(stage, client, after: .seconds(25)).pongAwaited == .zero)
        #expect(self.evidence(stage, client, after: .seconds(28)).pongAwaited == .seconds(3))
        #expect(self.evidence(stage, client, after: .seconds(28)).roundTrip == .seconds(3))
        client.session.pong(ping, at: opened + .seconds(29))
        let answered = self.evidence(stage, client, after: .seconds(30))
        #expect(answered.pongAwaited == nil)
        #expect(answered.lastRTT == .seconds(4))
        #expect(answered.minimumRTT == .seconds(4))
        #expect(answered.smoothedRTT == .seconds(4))
        #expect(answered.roundTrip == .seconds(4))
    }

    @Test func `what waits in its queue counts with its age`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let client = try stage.open(.anonymous)
        stage.driven.loop.send([UInt8](repeating: 1, count: 3_000_000), to: client.handle)
        let since = try #require(stage.driven.loop.queuedSince(of: client.handle))
        let evidence = self.evidence(stage, client, after: since - client.session.openedAt + .milliseconds(700))
        #expect(evidence.queuedBytes > 0)
        #expect(evidence.queuedFor == .milliseconds(700))
        #expect(evidence.heldFor == .milliseconds(700))
        #expect(PathVerdict.judge(evidence).slowAt == .client)
    }

    @Test func `a client that is not read is said to be so`() throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        let client = try stage.open(.anonymous)
        client.session.hold(.pressure)
        #expect(self.evidence(stage, client).isReadingPaused)
        #expect(PathVerdict.judge(self.evidence(stage, client)).slowAt == .gateway)
        client.session.release(.pressure)
        #expect(!self.evidence(stage, client).isReadingPaused)
    }

    @Test(arguments: [(nil, 7, 7), (0, 7, 7), (5, 7, 2), (7, 7, 0), (9, 7, 0)] as [(UInt32?, UInt32, UInt32)])
    func `retransmits count from the look before`(_ before: UInt32?, _ now: UInt32, _ since: UInt32) throws {
        let stage = try SessionStage()
        defer { stage.driven.end() }
        var kernel = TCPInfo()
        kernel.retransmits = now
        let evidence = self.evidence(stage, try stage.open(.anonymous), kernel, before: before)
        #expect(evidence.retransmits == since)
        #expect(evidence.kernel == kernel)
    }
}
