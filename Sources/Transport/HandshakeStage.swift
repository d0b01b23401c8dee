package import Instruments
package import Messaging

/// A part of a handshake that is timed: label values of `handshake_duration_seconds`.
package enum HandshakeStage: UInt8, Vocabulary {
    /// From the first byte of the request to the 101.
    case upgrade
    /// From the accept to the 101; on a connection that had requests before, the same as `upgrade`.
    case total

    package var label: String {
        switch self {
        case .upgrade: "upgrade"
        case .total: "total"
        }
    }
}

/// How long the handshakes of one loop took, by protocol.
package struct HandshakeDurations: Sendable {
    private var upgrade = PerCase<ProtocolName, Histogram>(repeating: Histogram(bounds: Histogram.latencySeconds))
    private var total = PerCase<ProtocolName, Histogram>(repeating: Histogram(bounds: Histogram.latencySeconds))

    /// A handshake whose 101 was sent at `now`.
    mutating func observe(_ name: ProtocolName, clientCame: Instant, requestBegan: Instant, at now: Instant) {
        self.upgrade[name].observe(from: requestBegan, to: now)
        self.total[name].observe(from: clientCame, to: now)
    }

    package subscript(stage: HandshakeStage) -> PerCase<ProtocolName, Histogram> {
        switch stage {
        case .upgrade: self.upgrade
        case .total: self.total
        }
    }
}
