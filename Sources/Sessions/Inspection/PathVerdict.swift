import Instruments
import Reactor

/// Where the path to a client is slow.
package enum SlowAt: UInt8, Vocabulary {
    case nowhere
    /// The client's program: it does not read, or is slow to answer.
    case client
    case network
    case gateway
    /// Something behind a trusted proxy: the network there, or the client. The kernel's numbers end at the proxy.
    case beyondProxy

    package var label: String {
        switch self {
        case .nowhere: "none"
        case .client: "client"
        case .network: "network"
        case .gateway: "gateway"
        case .beyondProxy: "beyond_proxy"
        }
    }
}

/// Says where the path to a client is slow, by evidence of one moment.
///
/// A ping goes from our program to the client's and back. The kernel measures the same way without the two programs.
/// What one of them sees and the other does not is therefore the programs' part, and ours is known. The rules, of which
/// the first that applies decides:
///
/// 1. **Bytes for the client have been waiting** for at least `noticeable`.
///    - The other kernel has no room, and everything it took has been acknowledged: its program does not read (client).
///    - It does not answer what was sent again, or its round trip is slow, or segments had to be sent again: network.
///    - The kernel has sent everything it was given, so we could have written long ago: gateway.
///    - There is room at the other side, yet the bytes do not get through. If ticks of our loop were long enough to
///      hold them up: gateway; otherwise the path has too little bandwidth (network).
///    - The room at the other side is full of bytes in flight and the round trip is short: the client reads too slowly.
/// 2. **The other kernel does not answer** what was sent again: network. Its round trips so far say nothing any more.
/// 3. **We do not read the client**: what it sends waits here (gateway).
/// 4. **The ping is slow**: at least `noticeable`, and either `tooLong` or more than usual for this connection. With a
///    client that is far away, and always was, nothing is wrong.
///    - The ping was not acknowledged, or the kernel's round trip is the larger part of the ping's, or could be with
///      its usual deviation and with the time that the segments sent again took: network.
///    - Ticks of our loop were as long as the larger part of the rest: gateway.
///    - Otherwise the client's program is slow to answer, or the pong waits behind what it does not read.
/// 5. **Ticks of our loop were long** although nothing has come of it here: gateway.
///
/// The last ping counts, not the smoothed one, since the question is what is slow now. The kernel's number is smoothed
/// and follows slowly, which is why its deviation counts too: one slow segment in an otherwise quick connection raises
/// the mean by an eighth of its delay, and the deviation by a quarter.
package struct PathVerdict: Equatable, Sendable {
    /// What is shorter seems immediate to people, so it is never slow.
    static let noticeable = Duration.milliseconds(100)
    /// What is longer is slow even if the connection was never quicker: ITU-T G.114 has 150 ms one way as the most that
    /// is good for talking.
    static let tooLong = Duration.milliseconds(300)
    /// How many times its shortest round trip is more than usual for a connection.
    static let unusual = 2
    /// How long Linux waits with an acknowledgement for its program to answer: a program that is slow to answer makes
    /// the kernel's round trip longer by that.
    static let delayedAcknowledgement = Duration.milliseconds(40)
    /// How many deviations above the mean a round trip may be, as in the retransmission timeout of RFC 6298.
    static let deviations = 4
    /// The shortest time after which Linux sends a segment again; it doubles each time.
    static let retransmissionTimeout = Duration.milliseconds(200)

    enum Cause: Equatable {
        case nothing
        case doesNotRead
        case readsTooSlowly
        case doesNotFetch
        case kernelIsSilent
        case networkIsSlow
        case bandwidthIsLow
        case notWritten
        case loopHeldBytes
        case notRead
        case pingUnacknowledged
        case pingInNetwork
        case pingInLoop
        case pingInProgram
        case loopIsSlow
    }

    let cause: Cause
    package let evidence: PathEvidence

    /// - Returns: The verdict; its sentence is only made when it is asked for.
    package static func judge(_ evidence: PathEvidence) -> PathVerdict {
        PathVerdict(cause: self.cause(evidence), evidence: evidence)
    }

    package var slowAt: SlowAt {
        switch self.cause {
        case .nothing: .nowhere
        case .doesNotRead, .readsTooSlowly, .doesNotFetch, .pingInProgram:
            self.evidence.isProxied ? .beyondProxy : .client
        case .kernelIsSilent, .networkIsSlow, .bandwidthIsLow, .pingUnacknowledged, .pingInNetwork: .network
        case .notWritten, .loopHeldBytes, .notRead, .pingInLoop, .loopIsSlow: .gateway
        }
    }

    private static func cause(_ evidence: PathEvidence) -> Cause {
        if evidence.heldFor >= self.noticeable {
            return self.causeOfHolding(evidence)
        }
        if let kernel = evidence.kernel, self.isSilent(kernel) {
            return .kernelIsSilent
        }
        if evidence.isReadingPaused {
            return .notRead
        }
        if let roundTrip = evidence.roundTrip, self.isSlow(roundTrip, usually: evidence.minimumRTT) {
            return self.cause(ofRoundTrip: roundTrip, evidence)
        }
        return evidence.loopLag >= self.noticeable ? .loopIsSlow : .nothing
    }

    /// Why bytes for the client do not get out.
    private static func causeOfHolding(_ evidence: PathEvidence) -> Cause {
        guard let kernel = evidence.kernel else { return .doesNotFetch }
        let isHeldByKernel = kernel.notSentBytes > 0
        if isHeldByKernel, kernel.isWindowFull == true, kernel.inFlightBytes == 0 {
            return .doesNotRead
        }
        if self.isSilent(kernel) {
            return .kernelIsSilent
        }
        let isNetworkSlow = evidence.retransmits > 0 || self.isSlow(kernel.rtt, usually: kernel.minimumRTT)
        if isNetworkSlow, isHeldByKernel || kernel.unacknowledgedSegments > 0 {
            return .networkIsSlow
        }
        if !isHeldByKernel {
            return .notWritten
        }
        if kernel.isWindowFull == false {
            return evidence.loopLag * 2 >= evidence.heldFor ? .loopHeldBytes : .bandwidthIsLow
        }
        return .readsTooSlowly
    }

    /// Which part of a slow ping is the largest.
    private static func cause(ofRoundTrip roundTrip: Duration, _ evidence: PathEvidence) -> Cause {
        guard let kernel = evidence.kernel else {
            return evidence.loopLag * 2 >= roundTrip ? .pingInLoop : .pingInProgram
        }
        if evidence.isPingUnacknowledged {
            return .pingUnacknowledged
        }
        let isDelayed = roundTrip - kernel.rtt >= self.delayedAcknowledgement
        let network = max(.zero, kernel.rtt - (isDelayed ? self.delayedAcknowledgement : .zero))
        let atMost = network + kernel.rttVariance * self.deviations + self.delay(ofRetransmits: evidence.retransmits)
        if network * 2 >= roundTrip || atMost * 4 >= roundTrip * 3 {
            return .pingInNetwork
        }
        return evidence.loopLag * 2 >= roundTrip - network ? .pingInLoop : .pingInProgram
    }

    private static func isSlow(_ roundTrip: Duration, usually minimum: Duration?) -> Bool {
        guard roundTrip >= self.noticeable else { return false }
        return roundTrip >= self.tooLong || roundTrip >= (minimum ?? .zero) * self.unusual
    }

    private static func isSilent(_ kernel: TCPInfo) -> Bool {
        kernel.timeoutsInARow > 0 && kernel.unacknowledgedSegments > 0
    }

    /// How long a segment is under way at most that is sent again this often.
    private static func delay(ofRetransmits count: UInt32) -> Duration {
        self.retransmissionTimeout * ((1 << Int(min(count, 8))) - 1)
    }
}
