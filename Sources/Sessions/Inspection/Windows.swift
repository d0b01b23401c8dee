import Instruments

/// What windows need to know of connections that are not idle.
struct Windows {
    /// When the window of each page of slots began.
    var began: [Instant] = []
    /// What the series have been told since then, by slot.
    var told: [Int: Traffic] = [:]
    /// The window that is over, by slot.
    var last: [Int: WindowReading] = [:]
}

/// What passed over a connection in a window that is over.
struct WindowReading {
    var rates = TrafficRates()
    var dropped: UInt64 = 0

    /// `nil` if nothing passed.
    init?(_ traffic: Traffic, in seconds: Float) {
        guard traffic.bytes > 0 || traffic.dropped > 0 || traffic.messagesReceived > 0 else { return nil }
        self.rates = TrafficRates(traffic, in: seconds)
        self.dropped = traffic.dropped
    }
}
