import Messaging

/// The broker's counters: the loop's own numbers, copied at the end of each tick for other threads.
final class RedisTally {
    var counts = BrokerCounts()
}

@available(*, unavailable) extension RedisTally: Sendable {}
