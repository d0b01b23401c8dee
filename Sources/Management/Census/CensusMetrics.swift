package import Instruments
import Messaging

/// The metric families of single users and single connections.
///
/// Of users and connections without series of their own, the counters are those of `_other`, and gauges are left out.
package enum CensusMetrics {
    private static let userID = MetricLabel(
        "user_id",
        "a user; `_other` is all users without series of their own, and an id that begins with `_` has one more"
    )
    private static let connectionID = MetricLabel(
        "connection_id",
        "a connection; `_other` is all connections without series of their own"
    )

    static let series = MetricFamily(
        "atalaya_metrics_series",
        .gauge,
        "Users and connections that have series of their own here.",
        labels: [MetricLabel("scope", oneOf: ["user", "connection"])]
    )
    static let hidden = MetricFamily(
        "atalaya_metrics_series_hidden",
        .gauge,
        "Users and connections that have no series of their own here; /metrics/users and /metrics/connections show all.",
        labels: [MetricLabel("scope", oneOf: ["user", "connection"])]
    )

    static let userConnections = MetricFamily(
        "atalaya_user_connections",
        .gauge,
        "Open connections of a user.",
        labels: [userID]
    )
    static let userPing = MetricFamily(
        "atalaya_user_ping_rtt_seconds",
        .gauge,
        "The last round trip time of a ping to a user; with several connections, that of the slowest.",
        labels: [userID]
    )
    static let connectionInfo = MetricFamily(
        "atalaya_connection_info",
        .gauge,
        "What kind of connection it is; always 1.",
        labels: [
            connectionID, userID, MetricLabel("protocol", oneOf: ProtocolName.self),
            MetricLabel("transport", oneOf: TransportName.self),
        ]
    )
    static let connectionPing = Self.ofConnection(
        "ping_rtt_seconds",
        .gauge,
        "The last round trip time of a ping on a connection."
    )
    static let connectionQueue = Self.ofConnection(
        "send_queue_bytes",
        .gauge,
        "Bytes that wait in the send queue of a connection."
    )
    static let connectionKernel = Self.ofConnection(
        "tcp_rtt_seconds",
        .gauge,
        "The smoothed round trip time that the kernel measures on a connection; compare it with that of pings."
    )
    static let connectionReconnects = Self.ofConnection(
        "reconnects",
        .gauge,
        "How many connections this client has had before in a row, each resuming the one before."
    )

    /// A family and its number in a row of something.
    struct Column<Row>: Sendable {
        let family: MetricFamily
        /// `nil` for a row that has no number.
        let value: @Sendable (Row) -> Double?

        init(_ family: MetricFamily, _ value: @escaping @Sendable (Row) -> Double?) {
            self.family = family
            self.value = value
        }
    }

    /// A counter that users and connections have alike, or one of the two.
    struct Counter: Sendable {
        var user: MetricFamily?
        var connection: MetricFamily?
        let value: @Sendable (Traffic) -> UInt64

        /// - Parameters:
        ///   - name: What stands between `atalaya_user_` or `atalaya_connection_` and `_total`.
        ///   - user: The help for users; `nil` if they have no such counter.
        ///   - connection: The help for connections; `nil` if they have none.
        init(
            _ name: String,
            user: String? = nil,
            connection: String? = nil,
            value: @escaping @Sendable (Traffic) -> UInt64
        ) {
            self.user = user.map { MetricFamily("atalaya_user_\(name)_total", .counter, $0, labels: [userID]) }
            self.connection = connection.map { CensusMetrics.ofConnection("\(name)_total", .counter, $0) }
            self.value = value
        }
    }

    static let counters = [
        Counter(
            "messages_received",
            user: "Messages that a user published, accepted or not.",
            connection: "Messages published over a connection, accepted or not."
        ) { $0.messagesReceived },
        Counter(
            "messages_sent",
            user: "Room messages written to a user; written means handed to the kernel.",
            connection: "Room messages written to a connection; written means handed to the kernel."
        ) { $0.messagesSent },
        Counter(
            "deliveries_dropped",
            user: "Room messages that a user did not get because a send queue was full.",
            connection: "Room messages that a connection did not get because its send queue was full."
        ) { $0.dropped },
        Counter(
            "received_bytes",
            user: "All bytes received from a user.",
            connection: "All bytes received on a connection."
        ) { $0.bytesReceived },
        Counter(
            "sent_bytes",
            user: "All bytes sent to a user.",
            connection: "All bytes sent on a connection."
        ) { $0.bytesSent },
        Counter("reconnects", user: "How often a user came back.") { $0.reconnects },
        Counter(
            "tcp_retransmits",
            connection: "TCP segments that the kernel sent again on a connection, as far as it was asked."
        ) { $0.retransmits },
    ]

    static let ofUsers = [userConnections, userPing] + counters.compactMap(\.user)
    static let ofConnections =
        [connectionInfo, connectionPing, connectionQueue, connectionKernel, connectionReconnects]
        + counters.compactMap(\.connection)
    package static let all = [series, hidden] + ofUsers + ofConnections

    private static func ofConnection(_ name: String, _ kind: MetricKind, _ help: String) -> MetricFamily {
        MetricFamily("atalaya_connection_\(name)", kind, help, labels: [connectionID, userID])
    }
}
