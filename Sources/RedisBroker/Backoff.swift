/// How long to wait before the next attempt: twice as long each time, half of it random, so that the instances of a
/// fleet do not all come back at once.
struct Backoff: Equatable, Sendable {
    static let first = Duration.milliseconds(100)
    static let longest = Duration.seconds(10)

    private var next = Self.first

    /// The next wait: between half of the step and all of it.
    ///
    /// - Parameter chance: 0 to 1, drawn at random.
    mutating func wait(_ chance: Double) -> Duration {
        let step = self.next
        self.next = min(step * 2, Self.longest)
        return step / 2 + step / 2 * chance
    }

    /// A connection lasted long enough to be called good.
    mutating func reset() {
        self.next = Self.first
    }
}
