/// Bounds of what is remembered for counting, on both sides of the bus.
package struct BusSequenceLimits: Sendable {
    /// After so long without a publication, an origin counts a room anew, under a new epoch.
    package var idle: Duration = .seconds(600)
    /// Rooms an origin counts; the ones idle for longest are forgotten first.
    package var countedRooms = 200_000
    /// Pairs of origin and room that a receiver follows; a pair beyond is delivered and not judged.
    package var followed = 400_000

    package init() {}
}
