package import Instruments

/// The counters of a broker since the process started.
package struct BrokerCounts: Sendable {
    /// Publications that the broker took.
    package var published: UInt64 = 0
    /// Room messages that came from it.
    package var received: UInt64 = 0
    /// Reconnects after a lost connection.
    package var reconnects: UInt64 = 0
    /// Error replies, broken envelopes, envelopes of an unknown version.
    package var errors: UInt64 = 0
    /// Messages that an instance published and this one never got although it was subscribed.
    package var gapMessages: UInt64 = 0
    /// Messages that arrived a second time and were not delivered again.
    package var duplicates: UInt64 = 0
    /// Rooms currently subscribed to.
    package var subscriptions: Int = 0
    /// From the sending of a PING to its answer.
    package var rtt = Histogram(bounds: Histogram.latencySeconds)

    package init() {}
}
