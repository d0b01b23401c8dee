package import Instruments
package import Messaging

/// The outcome of a reconnect.
package enum ReconnectOutcome: UInt8, Vocabulary {
    case resumed
    case fresh

    package var label: String {
        switch self {
        case .resumed: "resumed"
        case .fresh: "fresh"
        }
    }
}

/// Where the connection before a reconnect was.
package enum ReconnectOrigin: UInt8, Vocabulary {
    case sameInstance
    case otherInstance
    case unknown

    package var label: String {
        switch self {
        case .sameInstance: "same_instance"
        case .otherInstance: "other_instance"
        case .unknown: "unknown"
        }
    }
}

package enum CommandResult: UInt8, Vocabulary {
    case ok
    case error

    package var label: String {
        switch self {
        case .ok: "ok"
        case .error: "error"
        }
    }
}

/// The counters of one loop's sessions of one protocol.
///
/// Plain numbers, copied whole when a scrape asks.
package struct SessionCounts: Sendable {
    package var opened: UInt64 = 0
    package var closed = PerCase<Initiator, PerCase<CloseReason, UInt64>>(repeating: PerCase(repeating: 0))
    /// Publications from clients, accepted or not, and the payloads of their frames.
    package var messagesReceived: UInt64 = 0
    package var bytesReceived: UInt64 = 0
    /// Messages sent back by `/echo`, which makes no deliveries.
    package var echoed: UInt64 = 0
    package var bytesEchoed: UInt64 = 0
    package var rejected = PerCase<RejectionReason, UInt64>(repeating: 0)
    package var commands = PerCase<CommandName, PerCase<CommandResult, UInt64>>(repeating: PerCase(repeating: 0))
    package var reconnects = PerCase<ReconnectOutcome, PerCase<ReconnectOrigin, UInt64>>(
        repeating: PerCase(repeating: 0)
    )
    package var reconnectGap = Histogram(bounds: Histogram.latencySeconds)
    package var duration = PerCase<Initiator, Histogram>(repeating: Histogram(bounds: Histogram.lifetimeSeconds))
    package var pingRTT = Histogram(bounds: Histogram.latencySeconds)

    package init() {}
}
