/// How far a drain has come; the raw value is that of `drain_state`.
package enum DrainState: Int, CaseIterable, Sendable {
    case serving = 0
    /// Unready; balancers are given time to notice.
    case delaying = 1
    /// Clients are told to reconnect elsewhere.
    case closing = 2
    /// Nobody is connected any more, or the time is up.
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
    /// Connections that still have to go; 0 while serving.
    package let connectionsRemaining: Int

    package init(state: DrainState, connectionsRemaining: Int) {
        self.state = state
        self.connectionsRemaining = connectionsRemaining
    }
}

/// What the gateway lets operators do about its drain.
package protocol DrainControl: Sendable {
    /// Begins it unless that has been done; returns without waiting for clients.
    func begin() async
    func status() async -> DrainStatus
}
