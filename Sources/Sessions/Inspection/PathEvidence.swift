package import Reactor

/// What is known at one moment of the path to a client: what a `PathVerdict` goes by, and what is shown with it.
package struct PathEvidence: Equatable, Sendable {
    // MARK: Pings, from our program to the client's and back

    /// `nil` if no round trip was measured yet.
    package var lastRTT: Duration?
    package var minimumRTT: Duration?
    package var smoothedRTT: Duration?
    /// How long the last ping has been without its pong; `nil` if no pong is due, or if there is an excuse for it.
    package var pongAwaited: Duration?

    // MARK: From our kernel to the other kernel and back

    /// `nil` for a client without a TCP connection of its own at the moment, such as one that polls.
    package var kernel: TCPInfo?
    /// Segments sent again since the kernel was asked before.
    package var retransmits: UInt32 = 0
    /// The TCP connection ends at a trusted proxy, so the kernel knows nothing of the way beyond.
    package var isProxied = false

    // MARK: Here

    /// What waits in our own queue, and since when its oldest frame does; `nil` if nothing waits.
    package var queuedBytes = 0
    package var queuedFor: Duration?
    /// The longest that a tick of the event loop took lately.
    package var loopLag = Duration.zero
    /// We do not read the client, because of the broker or because the queues of the instance are too full.
    package var isReadingPaused = false

    package init() {}
}

extension PathEvidence {
    /// The round trip of the last ping, or how long it is under way if that is longer already.
    var roundTrip: Duration? {
        guard let awaited = self.pongAwaited else { return self.lastRTT }
        return max(awaited, self.lastRTT ?? .zero)
    }

    /// How long bytes for the client have been waiting, in our queue or in the kernel.
    var heldFor: Duration {
        let inKernel = self.kernel.map { $0.notSentBytes > 0 ? $0.sinceDataSent : .zero } ?? .zero
        return max(self.queuedFor ?? .zero, inKernel)
    }

    /// The last ping has not even reached the other kernel, as far as ours can tell.
    var isPingUnacknowledged: Bool {
        guard let awaited = self.pongAwaited, let kernel = self.kernel, kernel.unacknowledgedSegments > 0 else {
            return false
        }
        return kernel.sinceAcknowledgement >= awaited
    }
}
