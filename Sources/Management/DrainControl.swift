/// The progress of a drain; the raw value is the value of `drain_state`.
package enum DrainState: Int, CaseIterable, Sendable {
    case serving = 0
    /// Unready; load balancers are given time to notice.
    case delaying = 1
    /// Clients are told to reconnect elsewhere.
    case closing = 2
    /// Nobody is connected any more, or time has run out.
    case drained = 3

    package var label: String {
        switch self {
        case .serving: "serving"
        case .delaying: "delaying"
        case .closing: "closing"
        case .drained: "drained"
        }
    }
}

package struct DrainStatus: Sendable, Equatable {
    package let state: DrainState
    /// Connections that are still to be closed; 0 while serving.
    package let connectionsRemaining: Int

    package init(state: DrainState, connectionsRemaining: Int) {
        self.state = state
        self.connectionsRemaining = connectionsRemaining
    }
}

/// What operators can do about the gateway's drain.
package protocol DrainControl: Sendable {
    /// Begins a drain unless one has begun; returns without waiting for clients.
    func begin() async
    func status() async -> DrainStatus
}
