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

/// The last that is said of a connection that has ended.
package struct Departure: Sendable {
    package let connection: ConnectionID
    /// `nil` if it never had a name.
    package let user: UserID?
    package let isNew: Bool
    /// What has passed over it since the last row of it.
    package let news: Traffic
}

/// The connections that ended since the last pass.
package struct Departures: Sendable {
    package var all: [Departure] = []
    /// Connections that are open now.
    package var open = 0
    /// What passed over further ones, which were too many to keep apart.
    package var others = Traffic()
    package var otherCount = 0

    package init() {}

    static let most = 20_000

    mutating func append(_ departure: Departure) {
        if self.all.count < Self.most {
            self.all.append(departure)
        } else {
            self.others += departure.news
            self.otherCount += 1
        }
    }
}

/// What windows need to know of connections that are not idle.
struct Windows {
    /// When the window of each page of slots began.
    var began: [Instant] = []
    /// What the series have been told since then, by slot.
    var told: [Int: Traffic] = [:]
    /// The window that is over, by slot.
    var last: [Int: WindowReading] = [:]
}

/// One part of a pass.
package struct CensusSlice: Sendable {
    package let rows: [CensusRow]
    /// Where the next part begins; `nil` after the last.
    package let next: Int?
}
