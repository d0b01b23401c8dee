package import Instruments

/// What an instance knows about its fleet, for metrics.
package struct FleetStatus: Sendable, Equatable {
    package struct Peer: Sendable, Equatable {
        package let instance: String
        /// How long ago it was last heard from.
        package let age: Duration
    }

    /// Messages on the fleet channel that were not obeyed.
    package var rejected = PerCase<FleetRejection, UInt64>(repeating: 0)
    /// Questions from others that were not answered because too many came at once.
    package var questionsRefused: UInt64 = 0
    /// Sorted by name; each name once.
    package var peers: [Peer] = []

    package init() {}
}
