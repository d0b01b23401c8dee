package import Instruments
package import Messaging

/// The counters of one loop's rooms.
///
/// Plain numbers: the loop owns them, and copies them whole when a scrape asks.
package struct RoomCounts: Sendable {
    /// Recipients of all messages, by protocol: the sum of all outcomes and the pending ones.
    package var expected = PerCase<ProtocolName, UInt64>(repeating: 0)
    /// Members in all rooms of the loop.
    package var subscriptions = 0
    /// Recipients of each message on this loop.
    package var recipients = Histogram(bounds: Histogram.recipients)

    package init() {}
}
