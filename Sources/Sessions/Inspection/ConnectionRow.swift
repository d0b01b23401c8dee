package import Instruments
package import Messaging
package import Reactor

/// One connection as operators see it: a copy of all that is known of it at one moment.
package struct ConnectionRow: Sendable {
    /// Round trips of its pings, in microseconds.
    package struct RoundTrips: Sendable, Equatable {
        package let last: UInt32
        package let minimum: UInt32
        package let smoothed: UInt32
    }

    /// How it ended.
    package struct End: Sendable {
        package let ending: Ending
        /// Milliseconds since 1970.
        package let at: UInt64
        /// The room whose messages filled its queue.
        package let room: RoomName?
    }

    /// The index of its loop, where it is known by its handle.
    package let loop: Int
    package let handle: ConnectionHandle
    package let connection: ConnectionID
    /// `nil` while it has no name.
    package let user: UserID?
    package let protocolName: ProtocolName
    package let transport: TransportName
    package let remoteAddress: String
    /// How long it has been open, or was.
    package let lasted: Duration
    package let traffic: Traffic
    package let closedBeforeWrite: UInt64
    package let writeErrors: UInt64
    /// Over the last ten seconds.
    package let rates: TrafficRates
    package let queuedBytes: Int
    package let queuedMessages: Int
    /// How long the first message in its queue has been waiting.
    package let queuedFor: Duration?
    /// `nil` if none was measured.
    package let roundTrips: RoundTrips?
    /// `nil` if the kernel was not asked.
    package let kernel: KernelReading?
    /// Its place in its client's chain: 0 for a first connection.
    package let place: Int
    /// How many rooms it is in, or was in at its end.
    package let rooms: Int
    /// Whether it is not read at the moment.
    package let isHeld: Bool
    /// `nil` while it is open.
    package let end: End?

    /// Milliseconds since 1970.
    package var openedAt: UInt64 { self.connection.milliseconds }
}
