import CLinux

/// How a connection ended, as passed to its handler in `closed`.
package enum SocketEnding: Equatable, Sendable {
    /// The peer had ended its side, and so have we.
    case peerClosed
    case reset
    /// We ended it, by `close` or `finish`.
    case local
    /// A frame of `source` did not fit the send queue.
    case slowConsumer(source: UInt32)
    /// The oldest frame, one of `source`, waited longer than the queue allows.
    case queueAged(source: UInt32)
    /// Its queue was among the largest when all queues together exceeded their bound.
    case overBudget
    case connectFailed(errno: Int32)
    /// The peer was too slow to connect, or to end its side after `finish`.
    case timedOut
    case ioError(errno: Int32)
    /// The connection's cipher could not process what came, or what was to be sent.
    case cipherFailed
    /// The loop was stopped.
    case shutdown

    /// Whether the peer did not take what was queued for it.
    var isOfSlowPeer: Bool {
        switch self {
        case .slowConsumer, .queueAged, .overBudget: true
        default: false
        }
    }

    static func failure(_ errno: Int32) -> SocketEnding {
        switch errno {
        case ECONNRESET, EPIPE: .reset
        case ETIMEDOUT: .timedOut
        case EPROTO: .cipherFailed
        default: .ioError(errno: errno)
        }
    }
}
