import Instruments
import Reactor
import Sessions

/// Where the path to a client is slow, and by what evidence.
struct PathSummary: DescribedJSON, Decodable {
    let sentence: String
    let pingRttMs: Double?
    let pingRttMinimumMs: Double?
    let pingRttSmoothedMs: Double?
    let pongAwaitedMs: Double?
    let tcpRttMs: Double?
    let tcpRttVarianceMs: Double?
    let tcpRttMinimumMs: Double?
    let tcpUnsentBytes: UInt32?
    let tcpUnacknowledgedSegments: UInt32?
    let tcpRetransmits: UInt32
    let queuedBytes: Int
    let queuedMs: Double
    let loopLagMs: Double
    let isPaused: Bool

    init(_ verdict: PathVerdict) {
        let evidence = verdict.evidence
        self.sentence = verdict.sentence
        self.pingRttMs = evidence.lastRTT?.inMilliseconds
        self.pingRttMinimumMs = evidence.minimumRTT?.inMilliseconds
        self.pingRttSmoothedMs = evidence.smoothedRTT?.inMilliseconds
        self.pongAwaitedMs = evidence.pongAwaited?.inMilliseconds
        self.tcpRttMs = evidence.kernel?.rtt.inMilliseconds
        self.tcpRttVarianceMs = evidence.kernel?.rttVariance.inMilliseconds
        self.tcpRttMinimumMs = evidence.kernel?.minimumRTT.inMilliseconds
        self.tcpUnsentBytes = evidence.kernel?.notSentBytes
        self.tcpUnacknowledgedSegments = evidence.kernel?.unacknowledgedSegments
        self.tcpRetransmits = evidence.retransmits
        self.queuedBytes = evidence.queuedBytes
        self.queuedMs = evidence.queuedFor?.inMilliseconds ?? 0
        self.loopLagMs = evidence.loopLag.inMilliseconds
        self.isPaused = evidence.isReadingPaused
    }

    static let schema = Schema.record(
        "Path",
        "Where the path to a client is slow, and by what evidence.",
        [
            .member("sentence", .text(), "What is slow, and which numbers say so."),
            .optional("pingRttMs", .amount, "The last round trip of a ping; absent before the first."),
            .optional("pingRttMinimumMs", .amount, "The shortest one."),
            .optional("pingRttSmoothedMs", .amount, "The mean, in which later ones weigh more."),
            .optional("pongAwaitedMs", .amount, "How long the last ping has been without its pong, if one is due."),
            .optional("tcpRttMs", .amount, "The kernel's smoothed round trip time."),
            .optional("tcpRttVarianceMs", .amount, "How much that varies."),
            .optional("tcpRttMinimumMs", .amount, "The shortest that the kernel has measured lately."),
            .optional("tcpUnsentBytes", .count, "Bytes that the kernel has taken and not sent yet."),
            .optional("tcpUnacknowledgedSegments", .count, "Segments that are sent and not acknowledged yet."),
            .member("tcpRetransmits", .count, "Segments sent again since the kernel was asked before."),
            .member("queuedBytes", .count, "Bytes that wait in the gateway's own queue for this client."),
            .member("queuedMs", .amount, "How long the oldest of them has been waiting."),
            .member("loopLagMs", .amount, "The longest that a turn of its event loop took lately."),
            .member("isPaused", .flag, "Whether the gateway does not read it at the moment."),
        ]
    )
}
