package import Instruments
package import Reactor

/// Gathers what is known of the path to a client.
extension SessionRegistry {
    /// - Parameters:
    ///   - kernel: What the kernel just said of its connection; `nil` if it has none of its own.
    ///   - retransmitsBefore: The kernel's count of retransmits when it was asked before; `nil` the first time.
    package func evidence(
        on session: Session,
        kernel: TCPInfo?,
        retransmitsBefore: UInt32?,
        at now: Instant
    ) -> PathEvidence {
        self.loop.assertInside()
        var evidence = PathEvidence()
        if let heartbeat = session.heartbeat {
            evidence.lastRTT = heartbeat.lastRTT
            evidence.minimumRTT = heartbeat.minimumRTT
            evidence.smoothedRTT = heartbeat.smoothedRTT
            evidence.pongAwaited = heartbeat.awaitedSince.map { max(.zero, now - $0) }
        }
        evidence.kernel = kernel
        if let kernel {
            // The kernel's count starts over where another socket takes the place of one before.
            let before = min(retransmitsBefore ?? 0, kernel.retransmits)
            evidence.retransmits = kernel.retransmits - before
        }
        evidence.queuedBytes = self.loop.counters(of: session.handle)?.queuedBytes ?? 0
        evidence.queuedFor = self.loop.queuedSince(of: session.handle).map { max(.zero, now - $0) }
        evidence.loopLag = self.loop.recentLag
        evidence.isReadingPaused = session.isHeld
        return evidence
    }
}
