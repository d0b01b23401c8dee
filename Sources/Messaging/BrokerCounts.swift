package import Instruments

/// What a broker has counted since the process began.
package struct BrokerCounts: Sendable {
    /// Publications that the broker took.
    package var published: UInt64 = 0
    /// Messages of rooms that came from it.
    package var received: UInt64 = 0
    /// Connections made again after one was lost.
    package var reconnects: UInt64 = 0
    /// Error replies, broken envelopes, envelopes of an unknown version.
    package var errors: UInt64 = 0
    /// Messages that an instance published and this one, though subscribed, never got.
    package var gapMessages: UInt64 = 0
    /// Messages that came a second time and were not delivered again.
    package var duplicates: UInt64 = 0
    /// Rooms subscribed to now.
    package var subscriptions: Int = 0
    /// From the sending of a PING to its answer.
    package var rtt = Histogram(bounds: Histogram.latencySeconds)

    package init() {}
}
