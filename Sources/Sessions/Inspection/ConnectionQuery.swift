import Instruments
package import Messaging

/// Which connections are asked for, and in which order.
package struct ConnectionQuery: Sendable {
    /// What a list is ordered by: the largest first, and those that are alike by their ids.
    package enum Order: UInt8, Vocabulary {
        /// The oldest first.
        case connectionId
        case durationMs
        case messagesReceived
        case messagesSent
        case bytesReceived
        case bytesSent
        case messagesReceivedPerSecond
        case messagesSentPerSecond
        case bytesReceivedPerSecond
        case bytesSentPerSecond
        case dropped
        case queuedBytes
        case queuedMs
        case pingRttMs
        case tcpRttMs
        case tcpRetransmits
        case reconnects
        case rooms
        /// The last one first; 0 while open.
        case closedAt

        /// The name of the case, which is that of the member in an answer.
        package var label: String { "\(self)" }
    }

    /// A place in a list: after the row with this number and id.
    package struct Position: Sendable, Equatable {
        package let number: Double
        package let connection: ConnectionID

        package init(number: Double, connection: ConnectionID) {
            self.number = number
            self.connection = connection
        }

        /// Whether it comes earlier in the list.
        package func comesBefore(_ other: Position) -> Bool {
            self.number != other.number ? self.number > other.number : self.connection < other.connection
        }
    }

    package var user: UserID?
    package var room: RoomName?
    package var protocolName: ProtocolName?
    package var order: Order
    /// Only what comes after.
    package var after: Position?
    package var limit: Int

    package init(
        user: UserID? = nil,
        room: RoomName? = nil,
        protocolName: ProtocolName? = nil,
        order: Order = .connectionId,
        after: Position? = nil,
        limit: Int
    ) {
        self.user = user
        self.room = room
        self.protocolName = protocolName
        self.order = order
        self.after = after
        self.limit = limit
    }
}

extension ConnectionRow {
    /// Its place in a list of this order.
    package func position(by order: ConnectionQuery.Order) -> ConnectionQuery.Position {
        ConnectionQuery.Position(number: self.number(for: order), connection: self.connection)
    }

    private func number(for order: ConnectionQuery.Order) -> Double {
        switch order {
        case .connectionId: 0
        // All open ones grow alike, and a page must not be passed by those that follow it.
        case .durationMs: self.end == nil ? -Double(self.openedAt) : self.lasted.inMilliseconds
        case .messagesReceived: Double(self.traffic.messagesReceived)
        case .messagesSent: Double(self.traffic.messagesSent)
        case .bytesReceived: Double(self.traffic.bytesReceived)
        case .bytesSent: Double(self.traffic.bytesSent)
        case .messagesReceivedPerSecond: self.rates.messagesReceived.roundedForPeople
        case .messagesSentPerSecond: self.rates.messagesSent.roundedForPeople
        case .bytesReceivedPerSecond: self.rates.bytesReceived.roundedForPeople
        case .bytesSentPerSecond: self.rates.bytesSent.roundedForPeople
        case .dropped: Double(self.traffic.dropped)
        case .queuedBytes: Double(self.queuedBytes)
        case .queuedMs: self.queuedFor?.inMilliseconds ?? 0
        case .pingRttMs: Double(self.roundTrips?.last ?? 0) / 1000
        case .tcpRttMs: Double(self.kernel?.roundTrip ?? 0) / 1000
        case .tcpRetransmits: Double(self.kernel?.retransmits ?? 0)
        case .reconnects: Double(self.place)
        case .rooms: Double(self.rooms)
        case .closedAt: self.end == nil ? 0 : Double(self.openedAt) + self.lasted.inMilliseconds
        }
    }
}
