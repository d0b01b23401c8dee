package import Instruments
package import Messaging
package import Reactor

/// What a pass over all connections says of one of them.
package struct CensusRow: Sendable {
    package let connection: ConnectionID
    package let handle: ConnectionHandle
    package let user: UserID
    package let protocolName: ProtocolName
    package let transport: TransportName
    /// The first that is said of it.
    package let isNew: Bool
    /// What has passed over it since the last row of it.
    package let news: Traffic
    package let gauges: ConnectionGauges
    /// In the last window.
    package let rates: TrafficRates
    package let windowDropped: UInt64
}

/// How a connection is at one moment.
package struct ConnectionGauges: Sendable, Equatable {
    /// The last round trip of a ping, in microseconds; 0 if none was measured yet.
    package var pingRoundTrip: UInt32 = 0
    package var queuedBytes = 0
    /// The kernel's smoothed round trip time, in microseconds; 0 if it was not asked yet.
    package var kernelRoundTrip: UInt32 = 0
    /// Its place in its client's chain: 0 for a first connection.
    package var place = 0

    package init() {}
}

/// One part of a pass.
package struct CensusSlice: Sendable {
    package let rows: [CensusRow]
    /// Where the next part begins; `nil` after the last.
    package let next: Int?
}
