import Instruments

/// Recognises a message that comes a second time, within bounds.
///
/// There are two generations: new nonces go into the younger one. When that is old or full, it becomes the elder, and
/// the previous elder is forgotten. So each nonce is remembered for at least `period`, unless more arrive in that time
/// than there is room for.
struct FleetNonceMemory: Sendable {
    private let period: Duration
    private let capacity: Int
    private var younger: Set<FleetNonce> = []
    private var elder: Set<FleetNonce> = []
    private var turnsAt: Instant?

    init(period: Duration, capacity: Int) {
        self.period = period
        self.capacity = capacity
    }

    var count: Int { self.younger.count + self.elder.count }

    /// Remembers a nonce.
    ///
    /// - Returns: Whether it is new.
    mutating func insert(_ nonce: FleetNonce, at now: Instant) -> Bool {
        let turns = self.turnsAt ?? now
        if now >= turns {
            // A whole period later, even the youngest is too old.
            self.turn(at: now, keeping: now < turns + self.period)
        }
        guard !self.younger.contains(nonce), !self.elder.contains(nonce) else { return false }
        if self.younger.count >= self.capacity {
            self.turn(at: now, keeping: true)
        }
        self.younger.insert(nonce)
        return true
    }

    private mutating func turn(at now: Instant, keeping: Bool) {
        self.elder = keeping ? exchange(&self.younger, with: []) : []
        self.younger = []
        self.turnsAt = now + self.period
    }
}
