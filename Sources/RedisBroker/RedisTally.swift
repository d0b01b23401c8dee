import Messaging

/// What the broker has counted: the loop's own numbers, copied at the end of each tick for whoever asks.
final class RedisTally {
    var counts = BrokerCounts()
}

@available(*, unavailable) extension RedisTally: Sendable {}
