import Instruments
import Reactor

/// The verdict for people, with the numbers that decided.
extension PathVerdict {
    package var sentence: String {
        switch self.cause {
        case .nothing:
            "Nothing is slow: \(self.lastPing)."
        case .doesNotRead:
            "Bytes have been waiting for \(self.held): \(self.peer) has no room for more, so \(self.program) does not read."
        case .readsTooSlowly:
            "Bytes have been waiting for \(self.held) although \(self.kernel): \(self.program) reads too slowly."
        case .doesNotFetch:
            "Bytes have been waiting for \(self.held): the client has not come to fetch them."
        case .kernelIsSilent:
            "Nothing has been acknowledged for \(self.silence), though it was sent again: the network does not carry."
        case .networkIsSlow:
            "Bytes have been waiting for \(self.held), and \(self.kernel): the network is slow."
        case .bandwidthIsLow:
            "Bytes have been waiting for \(self.held) although \(self.peer) has room: the network is too narrow."
        case .notWritten:
            "Bytes have been waiting for \(self.held) although the kernel has room: the gateway is behind."
        case .loopHeldBytes:
            "Bytes have been waiting for \(self.held), and the event loop was busy for \(self.lag) at a time."
        case .notRead:
            "The gateway does not read the client at the moment, because the broker or its own queues are behind."
        case .pingUnacknowledged:
            "\(self.ping), and \(self.peer) has not even acknowledged it: the network is slow."
        case .pingInNetwork:
            "\(self.ping), and \(self.kernel): the network is slow."
        case .pingInLoop:
            "\(self.ping), and the event loop was busy for \(self.lag) at a time."
        case .pingInProgram:
            "\(self.ping), but \(self.kernel): \(self.program) is slow to answer."
        case .loopIsSlow:
            "The event loop was busy for \(self.lag) at a time."
        }
    }

    private var peer: String { self.evidence.isProxied ? "the proxy" : "the client" }
    private var program: String {
        self.evidence.isProxied ? "what is beyond it" : "its program"
    }

    private var lag: String { Self.text(self.evidence.loopLag) }
    private var held: String { Self.text(self.evidence.heldFor) }
    private var silence: String { Self.text(self.evidence.kernel?.sinceAcknowledgement ?? .zero) }

    private var lastPing: String {
        self.evidence.lastRTT.map { "the last ping took \(Self.text($0))" } ?? "no ping was measured yet"
    }

    private var ping: String {
        let (last, awaited) = (self.evidence.lastRTT ?? .zero, self.evidence.pongAwaited ?? .zero)
        return awaited > last
            ? "The last ping has been without an answer for \(Self.text(awaited))"
            : "The last ping took \(Self.text(last))"
    }

    /// What the kernel says, as a clause.
    private var kernel: String {
        guard let kernel = self.evidence.kernel else {
            return "nothing is known of the way to the client"
        }
        let trip = "the kernel measures \(Self.text(kernel.rtt)) (±\(Self.text(kernel.rttVariance))) to \(self.peer)"
        switch self.evidence.retransmits {
        case 0: return trip
        case 1: return trip + " and sent a segment again"
        case let count: return trip + " and sent \(count) segments again"
        }
    }

    /// `0.3 ms`, `42 ms`, `12.4 s`.
    private static func text(_ duration: Duration) -> String {
        let microseconds = duration.wholeNanoseconds / 1000
        return switch microseconds {
        case ..<9950: self.oneDecimal(microseconds, 100) + " ms"
        case ..<9_999_500: "\((microseconds + 500) / 1000) ms"
        default: self.oneDecimal(microseconds, 100_000) + " s"
        }
    }

    /// - Parameter tenth: How much a tenth is.
    private static func oneDecimal(_ number: Int64, _ tenth: Int64) -> String {
        let tenths = (number + tenth / 2) / tenth
        return "\(tenths / 10).\(tenths % 10)"
    }
}
