package import Instruments

/// What an instance knows of its fleet, for metrics.
package struct FleetStatus: Sendable, Equatable {
    package struct Peer: Sendable, Equatable {
        package let instance: String
        /// How long ago it was heard of last.
        package let age: Duration
    }

    /// Messages of the fleet channel that were not obeyed.
    package var rejected = PerCase<FleetRejection, UInt64>(repeating: 0)
    /// Questions of others that were not answered since too many came at once.
    package var questionsRefused: UInt64 = 0
    /// Sorted by name; each name once.
    package var peers: [Peer] = []

    package init() {}
}
