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
package typealias HandshakeDurations = PerCase<HandshakeStage, PerCase<ProtocolName, Histogram>>
