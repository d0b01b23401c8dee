/// Bounds of what is remembered for counting, on both sides of the bus, and the pace of what is announced.
package struct BusSequenceLimits: Sendable {
    /// After so long without a publication, an origin counts a room anew, under a new epoch.
    package var idle: Duration = .seconds(600)
    /// Rooms an origin counts; the ones idle for longest are forgotten first.
    package var countedRooms = 200_000
    /// Epochs of one origin in one room that are remembered beside the newest, on both sides.
    package var epochs = 7
    /// Pairs of origin and room that a receiver follows; a pair beyond is delivered and not judged.
    package var followed = 400_000
    /// After so long without another publication, the last number in a room is announced.
    package var silence: Duration = .seconds(1)
    /// So many rooms that were asked for are announced at once, and then there is a pause: 1,000 a second.
    package var recalledAtOnce = 100
    package var recallPause: Duration = .milliseconds(100)
    /// So many questions of others are taken up at once; whoever is not answered asks again.
    package var questions = 1000
    /// An unanswered question is asked again after so long, and then after twice as long each time, up to the longest.
    package var firstPatience: Duration = .seconds(3)
    package var longestPatience: Duration = .seconds(60)

    package init() {}
}
