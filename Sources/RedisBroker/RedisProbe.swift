/// Tells a live subscription from one that only answers PINGs: something is published now and then, and must come back.
struct RedisProbe {
    private var last: UInt64 = 0
    /// Redis has taken this one, but it has not come back.
    private var missing: UInt64?
    private var returned: UInt64 = 0

    /// The next probe to publish.
    mutating func next() -> UInt64 {
        self.last += 1
        return self.last
    }

    /// Redis has taken the probe.
    mutating func accepted(_ number: UInt64) {
        if number > self.returned {
            self.missing = number
        }
    }

    /// The probe came back.
    mutating func came(_ number: UInt64) {
        self.returned = max(self.returned, number)
        if let missing = self.missing, missing <= number {
            self.missing = nil
        }
    }

    /// Other messages come: the subscription is alive, however far behind it is.
    mutating func messagesCame() {
        self.missing = nil
    }

    /// There is a new subscription, or none: earlier probes say nothing about it.
    mutating func reset() {
        self.missing = nil
        self.returned = self.last
    }

    /// Called when the next probe is due: the last one had all the time in between.
    var isOverdue: Bool { self.missing != nil }
}
