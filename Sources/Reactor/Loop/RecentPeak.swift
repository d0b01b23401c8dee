/// The largest of the numbers noted in the current window of time and the one before.
struct RecentPeak {
    static let window: UInt64 = 15_000_000_000

    private var windowBegan: UInt64
    private var current: UInt64 = 0
    private var before: UInt64 = 0

    init(now: UInt64) {
        self.windowBegan = now
    }

    mutating func note(_ number: UInt64, at now: UInt64) {
        let windows = self.windows(until: now)
        if windows > 0 {
            self.before = windows == 1 ? self.current : 0
            self.current = 0
            self.windowBegan += windows * Self.window
        }
        self.current = max(self.current, number)
    }

    func peak(at now: UInt64) -> UInt64 {
        switch self.windows(until: now) {
        case 0: max(self.current, self.before)
        case 1: self.current
        default: 0
        }
    }

    /// How many windows have ended since the current one began.
    private func windows(until now: UInt64) -> UInt64 {
        now > self.windowBegan ? (now - self.windowBegan) / Self.window : 0
    }
}
