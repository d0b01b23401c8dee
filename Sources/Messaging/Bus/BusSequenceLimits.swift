/// Bounds on what is remembered for counting, on both sides of the bus, and the pace of announcements.
package struct BusSequenceLimits: Sendable {
    /// After this long without a publication, an origin starts counting a room again, under a new epoch.
    package var idle: Duration = .seconds(600)
    /// How many rooms an origin counts; those idle the longest are forgotten first.
    package var countedRooms = 200_000
    /// How many epochs of one origin in one room are remembered besides the newest, on both sides.
    package var epochs = 7
    /// How many pairs of origin and room a receiver follows; messages of further pairs are delivered without a check.
    package var followed = 400_000
    /// After this long without another publication, the last number in a room is announced.
    package var silence: Duration = .seconds(1)
    /// This many requested rooms are announced at once, followed by a pause: 1,000 per second.
    package var recalledAtOnce = 100
    package var recallPause: Duration = .milliseconds(100)
    /// This many questions of others are handled at once; whoever gets no answer asks again.
    package var questions = 1000
    /// An unanswered question is repeated after this long, then after twice as long each time, up to the longest.
    package var firstPatience: Duration = .seconds(3)
    package var longestPatience: Duration = .seconds(60)

    package init() {}
}
