import Instruments
import Messaging
import Sessions

/// A user over all connections, to one instance or the whole fleet.
package struct UserSummary: DescribedJSON, Decodable {
    /// How many connections are shown one by one.
    static let shown = 100

    let userId: String
    var connectionCount: Int
    var messagesReceived: UInt64
    var messagesSent: UInt64
    var bytesReceived: UInt64
    var bytesSent: UInt64
    var dropped: UInt64
    var reconnects: UInt64
    var messagesReceivedPerSecond: Double
    var messagesSentPerSecond: Double
    var bytesReceivedPerSecond: Double
    var bytesSentPerSecond: Double
    var queuedBytes: Int
    var pingRttMs: Double?
    var pingRttMinimumMs: Double?
    var pingRttSmoothedMs: Double?
    var connections: [ConnectionSummary]
    var closedConnections: [ConnectionSummary]
    var complete: Bool?
    var unanswered: [String]?

    init(_ id: UserID, _ user: Inspector.User, instance: String) {
        self.userId = id.text
        self.connectionCount = user.connectionCount
        self.messagesReceived = user.traffic.messagesReceived
        self.messagesSent = user.traffic.messagesSent
        self.bytesReceived = user.traffic.bytesReceived
        self.bytesSent = user.traffic.bytesSent
        self.dropped = user.traffic.dropped
        self.reconnects = user.traffic.reconnects
        self.messagesReceivedPerSecond = user.rates.messagesReceived.roundedForPeople
        self.messagesSentPerSecond = user.rates.messagesSent.roundedForPeople
        self.bytesReceivedPerSecond = user.rates.bytesReceived.roundedForPeople
        self.bytesSentPerSecond = user.rates.bytesSent.roundedForPeople
        self.queuedBytes = user.queuedBytes
        let roundTrips = user.connections.compactMap(\.roundTrips)
        self.pingRttMs = roundTrips.map(\.last).max()?.asMilliseconds
        self.pingRttMinimumMs = roundTrips.map(\.minimum).min()?.asMilliseconds
        self.pingRttSmoothedMs = roundTrips.map(\.smoothed).max()?.asMilliseconds
        self.connections = zip(user.connections, user.verdicts).map { row, verdict in
            var summary = ConnectionSummary(row, instance: instance)
            summary.add(verdict)
            return summary
        }
        self.closedConnections = user.closed.map { ConnectionSummary($0, instance: instance) }
    }

    /// Adds what another instance knows of the same user.
    mutating func add(_ other: UserSummary) {
        self.connectionCount += other.connectionCount
        self.messagesReceived += other.messagesReceived
        self.messagesSent += other.messagesSent
        self.bytesReceived += other.bytesReceived
        self.bytesSent += other.bytesSent
        self.dropped += other.dropped
        self.reconnects += other.reconnects
        self.messagesReceivedPerSecond += other.messagesReceivedPerSecond
        self.messagesSentPerSecond += other.messagesSentPerSecond
        self.bytesReceivedPerSecond += other.bytesReceivedPerSecond
        self.bytesSentPerSecond += other.bytesSentPerSecond
        self.queuedBytes += other.queuedBytes
        self.pingRttMs = [self.pingRttMs, other.pingRttMs].compactMap { $0 }.max()
        self.pingRttMinimumMs = [self.pingRttMinimumMs, other.pingRttMinimumMs].compactMap { $0 }.min()
        self.pingRttSmoothedMs = [self.pingRttSmoothedMs, other.pingRttSmoothedMs].compactMap { $0 }.max()
        self.connections = Self.first(self.connections + other.connections, by: .connectionId)
        self.closedConnections = Self.first(self.closedConnections + other.closedConnections, by: .closedAt)
    }

    private static func first(
        _ all: [ConnectionSummary],
        by order: ConnectionSummary.Order
    ) -> [ConnectionSummary] {
        Array(all.sorted { $0.place(in: order) < $1.place(in: order) }.prefix(self.shown))
    }

    package static let schema = Schema.record(
        "User",
        "A user over all connections.",
        [
            .member("userId", .text(), "The user."),
            .member("connectionCount", .count, "Open connections."),
            .member("messagesReceived", .count, "Messages published since the user came."),
            .member("messagesSent", .count, "Room messages written to its connections since the user came."),
            .member("bytesReceived", .count, "All bytes received since the user came."),
            .member("bytesSent", .count, "All bytes sent since the user came."),
            .member("dropped", .count, "Room messages dropped since the user came, because a send queue was full."),
            .member("reconnects", .count, "How many of these connections were those of a client that came back."),
            .member("messagesReceivedPerSecond", .amount, "Over the last ten seconds."),
            .member("messagesSentPerSecond", .amount, "Over the last ten seconds."),
            .member("bytesReceivedPerSecond", .amount, "Over the last ten seconds."),
            .member("bytesSentPerSecond", .amount, "Over the last ten seconds."),
            .member("queuedBytes", .count, "Bytes that wait in the send queues of its connections."),
            .optional("pingRttMs", .amount, "The last round trip of a ping to the slowest connection shown."),
            .optional("pingRttMinimumMs", .amount, "The shortest one to any connection shown."),
            .optional("pingRttSmoothedMs", .amount, "The mean of the slowest one, in which later ones weigh more."),
            .member("connections", .list(of: ConnectionSummary.schema), "The open ones, oldest first, 100 at most."),
            .member("closedConnections", .list(of: ConnectionSummary.schema), "Those that ended lately."),
        ] + FleetCoverage.optionalMembers
    )
}
