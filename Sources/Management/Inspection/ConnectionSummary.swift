import Instruments
import Messaging
import Notation
import Reactor
package import Sessions

/// One connection as lists and details show it.
package struct ConnectionSummary: DescribedJSON, Decodable {
    let connectionId: String
    let userId: String?
    let `protocol`: String
    let transport: String
    let instance: String
    let remoteAddress: String
    let state: String
    let openedAt: String
    let durationMs: Double
    let rooms: Int
    let reconnects: Int

    let messagesReceived: UInt64
    let messagesSent: UInt64
    let bytesReceived: UInt64
    let bytesSent: UInt64
    let dropped: UInt64
    let closedBeforeWrite: UInt64
    let writeErrors: UInt64

    let messagesReceivedPerSecond: Double?
    let messagesSentPerSecond: Double?
    let bytesReceivedPerSecond: Double?
    let bytesSentPerSecond: Double?
    let queuedBytes: Int?
    let queuedMessages: Int?
    let queuedMs: Double?
    let isPaused: Bool?
    private(set) var slowAt: String?

    let pingRttMs: Double?
    let pingRttMinimumMs: Double?
    let pingRttSmoothedMs: Double?
    let tcpRttMs: Double?
    let tcpRetransmits: UInt32?
    private(set) var tcpUnsentBytes: UInt32?

    let closedAt: String?
    let reason: String?
    let initiator: String?
    let closeCode: UInt16?
    let room: String?

    init(_ row: ConnectionRow, instance: String) {
        let end = row.end
        let isOpen = end == nil
        self.connectionId = row.connection.text
        self.userId = row.user?.text
        self.protocol = row.protocolName.label
        self.transport = row.transport.label
        self.instance = instance
        self.remoteAddress = row.remoteAddress
        self.state = isOpen ? "open" : "closed"
        self.openedAt = Timestamp(milliseconds: Int64(clamping: row.openedAt)).text
        self.durationMs = row.lasted.inMilliseconds
        self.rooms = row.rooms
        self.reconnects = row.place
        self.messagesReceived = row.traffic.messagesReceived
        self.messagesSent = row.traffic.messagesSent
        self.bytesReceived = row.traffic.bytesReceived
        self.bytesSent = row.traffic.bytesSent
        self.dropped = row.traffic.dropped
        self.closedBeforeWrite = row.closedBeforeWrite
        self.writeErrors = row.writeErrors
        self.messagesReceivedPerSecond = isOpen ? row.rates.messagesReceived.roundedForPeople : nil
        self.messagesSentPerSecond = isOpen ? row.rates.messagesSent.roundedForPeople : nil
        self.bytesReceivedPerSecond = isOpen ? row.rates.bytesReceived.roundedForPeople : nil
        self.bytesSentPerSecond = isOpen ? row.rates.bytesSent.roundedForPeople : nil
        self.queuedBytes = isOpen ? row.queuedBytes : nil
        self.queuedMessages = isOpen ? row.queuedMessages : nil
        self.queuedMs = isOpen ? row.queuedFor?.inMilliseconds ?? 0 : nil
        self.isPaused = isOpen ? row.isHeld : nil
        self.pingRttMs = row.roundTrips?.last.asMilliseconds
        self.pingRttMinimumMs = row.roundTrips?.minimum.asMilliseconds
        self.pingRttSmoothedMs = row.roundTrips?.smoothed.asMilliseconds
        self.tcpRttMs = row.kernel?.roundTrip.asMilliseconds
        self.tcpRetransmits = row.kernel?.retransmits
        self.closedAt = end.map { Timestamp(milliseconds: Int64(clamping: $0.at)).text }
        self.reason = end?.ending.reason.label
        self.initiator = end?.ending.initiator.label
        self.closeCode = end?.ending.code
        self.room = end?.room?.text
    }

    /// Adds what was judged of the path just now.
    mutating func add(_ verdict: PathVerdict?) {
        self.slowAt = verdict?.slowAt.label
        self.tcpUnsentBytes = verdict?.evidence.kernel?.notSentBytes
    }

    static let members: [Schema.Member] = [
        .member("connectionId", .ulid, "Unique in the whole fleet."),
        .optional("userId", .text(), "Absent while the client has not said who it is."),
        .member("protocol", .word(of: ProtocolName.self), "The protocol that the client speaks."),
        .member("transport", .word(of: TransportName.self), "What carries its bytes."),
        .member("instance", .text(), "The instance that it is or was connected to."),
        .member("remoteAddress", .text(), "The client's IP address."),
        .member("state", .word(["open", "closed"]), "Whether it is still open."),
        .member("openedAt", .time, "When it was opened."),
        .member("durationMs", .amount, "How long it has been open, or was."),
        .member("rooms", .count, "How many rooms it is in, or was in when it ended."),
        .member("reconnects", .count, "How many connections its client had before, each resuming the one before."),
        .member("messagesReceived", .count, "Messages that the client published."),
        .member("messagesSent", .count, "Room messages written to the client, which means handed to the kernel."),
        .member("bytesReceived", .count, "All bytes received."),
        .member("bytesSent", .count, "All bytes sent."),
        .member("dropped", .count, "Room messages dropped because its send queue was full."),
        .member("closedBeforeWrite", .count, "Room messages that still waited when it ended."),
        .member("writeErrors", .count, "Room messages that the kernel refused to take."),
        .optional("messagesReceivedPerSecond", .amount, "Over the last ten seconds; while it is open."),
        .optional("messagesSentPerSecond", .amount, "Over the last ten seconds; while it is open."),
        .optional("bytesReceivedPerSecond", .amount, "Over the last ten seconds; while it is open."),
        .optional("bytesSentPerSecond", .amount, "Over the last ten seconds; while it is open."),
        .optional("queuedBytes", .count, "Bytes that wait in its send queue; while it is open."),
        .optional("queuedMessages", .count, "Messages that wait in its send queue; while it is open."),
        .optional("queuedMs", .amount, "How long the oldest of them has been waiting; while it is open."),
        .optional("isPaused", .flag, "Whether the gateway does not read it at the moment; while it is open."),
        .optional("slowAt", .word(of: SlowAt.self), "Where the path to it is slow; while it is open."),
        .optional("pingRttMs", .amount, "The last round trip of a ping; absent before the first."),
        .optional("pingRttMinimumMs", .amount, "The shortest one."),
        .optional("pingRttSmoothedMs", .amount, "The mean, in which later ones weigh more."),
        .optional("tcpRttMs", .amount, "The kernel's smoothed round trip time; absent if it was not asked."),
        .optional("tcpRetransmits", .count, "TCP segments that the kernel sent again."),
        .optional("tcpUnsentBytes", .count, "Bytes that the kernel has taken and not sent yet; while it is open."),
        .optional("closedAt", .time, "When it ended."),
        .optional("reason", .word(of: CloseReason.self), "Why it ended."),
        .optional("initiator", .word(of: Initiator.self), "Who ended it."),
        .optional("closeCode", .integer(1000...4999), "The WebSocket close code, sent or received."),
        .optional("room", .text(), "The room whose messages filled the queue of a slow consumer."),
    ]

    package static let schema = Schema.record("Connection", "One connection of a client.", Self.members)
}

extension UInt32 {
    /// Microseconds as milliseconds.
    var asMilliseconds: Double { Double(self) / 1000 }
}

extension ConnectionSummary: ListRow {
    package static let usualOrder = ConnectionQuery.Order.connectionId

    /// The same number as that of the row it was made of.
    package func place(in order: ConnectionQuery.Order) -> ListPlace {
        ListPlace(largestFirst: self.number(for: order), self.connectionId)
    }

    private func number(for order: ConnectionQuery.Order) -> Double {
        switch order {
        case .connectionId: 0
        // All open ones grow alike, so they are sorted by when they were opened.
        case .durationMs: self.closedAt == nil ? -self.openedAtMs : self.durationMs
        case .messagesReceived: Double(self.messagesReceived)
        case .messagesSent: Double(self.messagesSent)
        case .bytesReceived: Double(self.bytesReceived)
        case .bytesSent: Double(self.bytesSent)
        case .messagesReceivedPerSecond: self.messagesReceivedPerSecond ?? 0
        case .messagesSentPerSecond: self.messagesSentPerSecond ?? 0
        case .bytesReceivedPerSecond: self.bytesReceivedPerSecond ?? 0
        case .bytesSentPerSecond: self.bytesSentPerSecond ?? 0
        case .dropped: Double(self.dropped)
        case .queuedBytes: Double(self.queuedBytes ?? 0)
        case .queuedMs: self.queuedMs ?? 0
        case .pingRttMs: self.pingRttMs ?? 0
        case .tcpRttMs: self.tcpRttMs ?? 0
        case .tcpRetransmits: Double(self.tcpRetransmits ?? 0)
        case .reconnects: Double(self.reconnects)
        case .rooms: Double(self.rooms)
        case .closedAt: self.closedAt == nil ? 0 : self.openedAtMs + self.durationMs
        }
    }

    /// Milliseconds since 1970, as its id says.
    private var openedAtMs: Double {
        Double(ULID(self.connectionId).map { ConnectionID($0).milliseconds } ?? 0)
    }
}
