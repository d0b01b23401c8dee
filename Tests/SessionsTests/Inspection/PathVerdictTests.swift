import Instruments
import Reactor
import Testing

@testable import Sessions

@Suite struct PathVerdictTests {
    /// What the kernel says, with all times in milliseconds; nothing is slow unless a case says so.
    static func kernel(
        _ rtt: Double = 1,
        varies: Double = 0,
        best: Double? = nil,
        unsent: UInt32 = 0,
        window: UInt32? = 60_000,
        inFlight: UInt32 = 0,
        timeouts: UInt8 = 0,
        sent: Double = 0,
        acknowledged: Double = 0
    ) -> TCPInfo {
        var info = TCPInfo()
        info.rtt = Self.time(rtt)
        info.rttVariance = Self.time(varies)
        info.minimumRTT = Self.time(best ?? rtt)
        info.notSentBytes = unsent
        info.segmentBytes = 1448
        info.windowBytes = window
        info.inFlightBytes = inFlight
        info.unacknowledgedSegments = inFlight / 1448 + (inFlight % 1448 == 0 ? 0 : 1)
        info.timeoutsInARow = timeouts
        info.sinceDataSent = Self.time(sent)
        info.sinceAcknowledgement = Self.time(acknowledged)
        return info
    }

    static func evidence(
        ping: Double? = nil,
        usually: Double? = nil,
        awaited: Double? = nil,
        _ kernel: TCPInfo? = Self.kernel(),
        again: UInt32 = 0,
        queued: Double? = nil,
        lag: Double = 0,
        paused: Bool = false,
        proxied: Bool = false
    ) -> PathEvidence {
        var evidence = PathEvidence()
        evidence.lastRTT = ping.map { Self.time($0) }
        evidence.minimumRTT = (usually ?? ping).map { Self.time($0) }
        evidence.smoothedRTT = evidence.lastRTT
        evidence.pongAwaited = awaited.map { Self.time($0) }
        evidence.kernel = kernel
        evidence.retransmits = again
        evidence.queuedBytes = queued == nil ? 0 : 1000
        evidence.queuedFor = queued.map { Self.time($0) }
        evidence.loopLag = Self.time(lag)
        evidence.isReadingPaused = paused
        evidence.isProxied = proxied
        return evidence
    }

    private static func time(_ milliseconds: Double) -> Duration {
        .microseconds(Int64(milliseconds * 1000))
    }

    // MARK: - none

    @Test(arguments: [
        ("nothing is known yet", evidence()),
        ("nothing is known, not even by the kernel", evidence(nil)),
        ("a quick ping", evidence(ping: 20)),
        ("just below what is noticeable", evidence(ping: 99.999, usually: 1)),
        ("far away, as always", evidence(ping: 250, usually: 240, kernel(245))),
        ("just less than twice the usual", evidence(ping: 299, usually: 150, kernel(295))),
        ("just less than too long", evidence(ping: 299.999, usually: 299, kernel(295))),
        ("the pong is awaited for a moment", evidence(ping: 20, awaited: 99)),
        ("far away, and awaited no longer than usual", evidence(ping: 200, awaited: 290, kernel(190))),
        ("something waits for a moment", evidence(ping: 20, kernel(unsent: 5000, window: 0, sent: 99), queued: 99)),
        ("an idle kernel with nothing unsent", evidence(ping: 20, kernel(sent: 20_000, acknowledged: 20_000))),
        ("a segment was sent again, and nobody noticed", evidence(ping: 20, again: 2)),
        ("a time-out that is answered", evidence(ping: 20, kernel(timeouts: 1))),
        ("a loop that is busy for less than is noticeable", evidence(ping: 20, lag: 99)),
        ("a proxy that is quick", evidence(ping: 20, proxied: true)),
    ])
    func `nothing is slow`(_ what: String, _ evidence: PathEvidence) {
        #expect(PathVerdict.judge(evidence).slowAt == .nowhere, "\(what)")
    }

    // MARK: - client and beyond_proxy

    static let ofClient: [(String, PathEvidence)] = [
        ("the pong is late, the kernel quick", evidence(ping: 400, usually: 2)),
        ("just noticeable, and unusual", evidence(ping: 100, usually: 50)),
        ("just too long, as always", evidence(ping: 300)),
        ("its kernel waits with its acknowledgements", evidence(ping: 110, usually: 5, kernel(60, varies: 10))),
        ("near, its program has most of the time", evidence(ping: 400, usually: 2, kernel(190))),
        ("stopped: the ping is acknowledged, no pong", evidence(ping: 2, awaited: 8000, kernel(41, varies: 10))),
        ("stopped before its first pong", evidence(awaited: 150)),
        ("stopped, with other bytes under way", evidence(ping: 2, awaited: 900, kernel(inFlight: 64, acknowledged: 3))),
        ("one segment sent again does not take 2 s", evidence(ping: 2000, usually: 2, again: 1)),
        ("does not read", evidence(ping: 2, kernel(unsent: 60_000, window: 0, sent: 3000), queued: 3000)),
        ("does not read, and little is sent", evidence(ping: 2, kernel(unsent: 900, window: 0, sent: 100))),
        ("has room for half a segment", evidence(ping: 2, kernel(unsent: 9000, window: 724, sent: 100))),
        ("does not read, dropped a segment", evidence(ping: 2, kernel(unsent: 9000, window: 0, sent: 900), again: 2)),
        ("does not read, far away", evidence(ping: 500, kernel(480, best: 150, unsent: 9000, window: 0, sent: 900))),
        ("reads slowly", evidence(ping: 2, kernel(unsent: 60_000, window: 20_000, inFlight: 19_000), queued: 100)),
        ("an old kernel knows no window", evidence(ping: 2, kernel(unsent: 60_000, window: nil), queued: 700)),
        ("does not come to fetch", evidence(nil, queued: 100)),
        ("slow to answer, with no socket", evidence(ping: 400, nil)),
        ("the loop was busy, but not for so long", evidence(ping: 400, usually: 2, lag: 199)),
    ]

    @Test(arguments: ofClient)
    func `the client is slow`(_ what: String, _ evidence: PathEvidence) {
        #expect(PathVerdict.judge(evidence).slowAt == .client, "\(what)")
    }

    @Test(arguments: ofClient)
    func `what would be the client is beyond the proxy where there is one`(_ what: String, _ evidence: PathEvidence) {
        var evidence = evidence
        evidence.isProxied = true
        #expect(PathVerdict.judge(evidence).slowAt == .beyondProxy, "\(what)")
    }

    // MARK: - network

    static let ofNetwork: [(String, PathEvidence)] = [
        ("both are slow", evidence(ping: 400, kernel(390))),
        ("both are slower than usual", evidence(ping: 200, usually: 100, kernel(190, best: 95))),
        ("the network has the larger part", evidence(ping: 500, kernel(300))),
        ("one slow segment", evidence(ping: 800, usually: 20, kernel(117, varies: 195, best: 20))),
        ("segments were sent again", evidence(ping: 240, usually: 20, kernel(20), again: 1)),
        ("sent again three times in a row", evidence(ping: 1420, usually: 20, kernel(20), again: 3)),
        ("sent again very often", evidence(ping: 20_000, usually: 20, kernel(20), again: .max)),
        ("the ping is not acknowledged", evidence(ping: 20, awaited: 150, kernel(20, inFlight: 10, acknowledged: 150))),
        ("silence", evidence(ping: 20, kernel(20, inFlight: 10, timeouts: 1, acknowledged: 230))),
        ("silence before any ping", evidence(kernel(20, inFlight: 10, timeouts: 3, acknowledged: 1500))),
        ("silence, bytes wait", evidence(kernel(unsent: 9, window: 9000, inFlight: 9000, timeouts: 2), queued: 900)),
        ("silence, and we do not read it", evidence(kernel(inFlight: 10, timeouts: 1), paused: true)),
        ("bytes wait, slow kernel", evidence(kernel(350, unsent: 9000, inFlight: 51_000), queued: 150)),
        ("bytes wait, twice the usual", evidence(kernel(100, best: 50, unsent: 9000, inFlight: 59_000), queued: 150)),
        ("bytes wait, sent again", evidence(kernel(unsent: 9000, inFlight: 59_000), again: 1, queued: 150)),
        ("all bytes are under way and are lost", evidence(kernel(inFlight: 59_000), again: 4, queued: 150)),
        ("narrow", evidence(ping: 20, kernel(20, unsent: 40_000, inFlight: 5000), queued: 2000)),
        ("narrow, and the loop is busy too", evidence(kernel(unsent: 40_000, inFlight: 5000), queued: 900, lag: 449)),
        ("narrow, our own queue is empty", evidence(kernel(unsent: 40_000, inFlight: 5000, sent: 100))),
        ("network and loop are as slow", evidence(ping: 400, usually: 5, kernel(390, best: 5), lag: 400)),
        ("the way to the proxy", evidence(ping: 400, kernel(390), proxied: true)),
        ("narrow to the proxy", evidence(kernel(unsent: 40_000, inFlight: 5000), queued: 2000, proxied: true)),
    ]

    @Test(arguments: ofNetwork)
    func `the network is slow`(_ what: String, _ evidence: PathEvidence) {
        #expect(PathVerdict.judge(evidence).slowAt == .network, "\(what)")
    }

    // MARK: - gateway

    @Test(arguments: [
        ("we do not read it", evidence(ping: 20, paused: true)),
        ("we do not read it, whatever its last ping took", evidence(ping: 900, kernel(890), paused: true)),
        ("the loop was as busy as the ping was slow", evidence(ping: 400, usually: 2, lag: 390)),
        ("the loop has the larger part", evidence(ping: 400, usually: 2, kernel(0), lag: 200)),
        ("the loop has more than the program", evidence(ping: 400, usually: 2, kernel(140), lag: 150)),
        ("the loop was busy, and there is no socket", evidence(ping: 400, usually: 2, nil, lag: 200)),
        ("the loop was just noticeably busy", evidence(ping: 20, lag: 100)),
        ("the loop was busy before any ping", evidence(lag: 2000)),
        ("the kernel would take more", evidence(ping: 20, queued: 100)),
        ("the kernel would take more, most is under way", evidence(ping: 20, kernel(inFlight: 59_000), queued: 500)),
        ("bytes wait for the loop", evidence(kernel(unsent: 40_000, inFlight: 5000), queued: 900, lag: 450)),
        ("behind a proxy too", evidence(ping: 400, usually: 2, lag: 390, proxied: true)),
    ])
    func `the gateway is slow`(_ what: String, _ evidence: PathEvidence) {
        #expect(PathVerdict.judge(evidence).slowAt == .gateway, "\(what)")
    }

    // MARK: - Words

    @Test func `the words are those of the API`() {
        #expect(SlowAt.allCases.map(\.label) == ["none", "client", "network", "gateway", "beyond_proxy"])
    }

    @Test func `the evidence is kept with the verdict`() {
        let evidence = Self.evidence(ping: 400, usually: 2)
        #expect(PathVerdict.judge(evidence).evidence == evidence)
    }

    @Test(arguments: [
        (evidence(), "Nothing is slow: no ping was measured yet."),
        (evidence(ping: 0.34), "Nothing is slow: the last ping took 0.3 ms."),
        (
            evidence(ping: 412, usually: 2, kernel(0.26, varies: 0.15)),
            "The last ping took 412 ms, but the kernel measures 0.3 ms (±0.2 ms) to the client: its program is slow to answer."
        ),
        (
            evidence(ping: 412, usually: 2, kernel(0.2, varies: 0.1), proxied: true),
            "The last ping took 412 ms, but the kernel measures 0.2 ms (±0.1 ms) to the proxy: what is beyond it is slow to answer."
        ),
        (
            evidence(ping: 2, awaited: 12_345, kernel(9.96)),
            "The last ping has been without an answer for 12.3 s, but the kernel measures 10 ms (±0.0 ms) to the client: its program is slow to answer."
        ),
        (
            evidence(ping: 400, nil),
            "The last ping took 400 ms, but nothing is known of the way to the client: its program is slow to answer."
        ),
        (
            evidence(ping: 412, usually: 20, kernel(398, varies: 12), again: 3),
            "The last ping took 412 ms, and the kernel measures 398 ms (±12 ms) to the client and sent 3 segments again: the network is slow."
        ),
        (
            evidence(ping: 20, awaited: 150, kernel(20, inFlight: 10, acknowledged: 150)),
            "The last ping has been without an answer for 150 ms, and the client has not even acknowledged it: the network is slow."
        ),
        (
            evidence(ping: 412, usually: 2, lag: 390),
            "The last ping took 412 ms, and the event loop was busy for 390 ms at a time."
        ),
        (
            evidence(kernel(unsent: 60_000, window: 0, sent: 9999.5)),
            "Bytes have been waiting for 10.0 s: the client has no room for more, so its program does not read."
        ),
        (
            evidence(kernel(unsent: 60_000, window: 0), queued: 500, proxied: true),
            "Bytes have been waiting for 500 ms: the proxy has no room for more, so what is beyond it does not read."
        ),
        (
            evidence(kernel(2, unsent: 60_000, window: 20_000, inFlight: 19_000), queued: 500),
            "Bytes have been waiting for 500 ms although the kernel measures 2.0 ms (±0.0 ms) to the client: its program reads too slowly."
        ),
        (evidence(nil, queued: 500), "Bytes have been waiting for 500 ms: the client has not come to fetch them."),
        (
            evidence(kernel(inFlight: 10, timeouts: 3, acknowledged: 1500)),
            "Nothing has been acknowledged for 1500 ms, though it was sent again: the network does not carry."
        ),
        (
            evidence(kernel(unsent: 9000, inFlight: 59_000), again: 1, queued: 150),
            "Bytes have been waiting for 150 ms, and the kernel measures 1.0 ms (±0.0 ms) to the client and sent a segment again: the network is slow."
        ),
        (
            evidence(kernel(unsent: 40_000, inFlight: 5000), queued: 2000),
            "Bytes have been waiting for 2000 ms although the client has room: the network is too narrow."
        ),
        (
            evidence(queued: 200),
            "Bytes have been waiting for 200 ms although the kernel has room: the gateway is behind."
        ),
        (
            evidence(kernel(unsent: 40_000, inFlight: 5000), queued: 900, lag: 800),
            "Bytes have been waiting for 900 ms, and the event loop was busy for 800 ms at a time."
        ),
        (
            evidence(paused: true),
            "The gateway does not read the client at the moment, because the broker or its own queues are behind."
        ),
        (evidence(lag: 200), "The event loop was busy for 200 ms at a time."),
    ])
    func `the sentence says what decided, with its numbers`(_ evidence: PathEvidence, _ sentence: String) {
        #expect(PathVerdict.judge(evidence).sentence == sentence)
    }
}
