package import Instruments
package import Messaging
package import Reactor

/// What one event loop knows about its sessions, copied in one of its turns.
package struct SessionReport: Sendable {
    package let counts: PerCase<ProtocolName, SessionCounts>
    package let active: PerCase<ProtocolName, PerCase<TransportName, Int>>
    package let loop: LoopSnapshot

    package init(
        counts: PerCase<ProtocolName, SessionCounts>,
        active: PerCase<ProtocolName, PerCase<TransportName, Int>>,
        loop: LoopSnapshot
    ) {
        self.counts = counts
        self.active = active
        self.loop = loop
    }
}

/// The metric families of connections and of what clients ask for.
package enum SessionsMetrics {
    private static let spoken = MetricLabel("protocol", oneOf: ProtocolName.self)
    private static let transport = MetricLabel("transport", oneOf: TransportName.self)
    private static let initiator = MetricLabel("initiator", oneOf: Initiator.self)

    static let active = MetricFamily(
        "atalaya_connections_active",
        .gauge,
        "Open connections, counted one by one.",
        labels: [spoken, transport, MetricLabel("tls", oneOf: ["false"])]
    )
    static let users = MetricFamily(
        "atalaya_users_active",
        .gauge,
        "Users with open connections; an anonymous connection counts as a user of its own."
    )
    static let opened = MetricFamily(
        "atalaya_connections_opened_total",
        .counter,
        "Connections that were opened.",
        labels: [spoken, transport]
    )
    static let closed = MetricFamily(
        "atalaya_connections_closed_total",
        .counter,
        "Connections that were closed, by who closed them and why.",
        labels: [spoken, initiator, MetricLabel("reason", oneOf: CloseReason.self)]
    )
    static let discrepancy = MetricFamily(
        "atalaya_connections_discrepancy",
        .gauge,
        "Connections opened minus closed minus active; anything but 0 is a bug in the gateway."
    )
    static let duration = MetricFamily(
        "atalaya_connection_duration_seconds",
        .histogram,
        "How long connections lasted.",
        labels: [spoken, initiator]
    )
    static let reconnects = MetricFamily(
        "atalaya_reconnects_total",
        .counter,
        "Clients that came back, by whether they resumed their earlier connection and where that one was.",
        labels: [
            spoken, MetricLabel("outcome", oneOf: ReconnectOutcome.self),
            MetricLabel("origin", oneOf: ReconnectOrigin.self),
        ]
    )
    static let reconnectGap = MetricFamily(
        "atalaya_reconnect_gap_seconds",
        .histogram,
        "Time from the end of a connection to its client's return.",
        labels: [spoken]
    )
    static let received = MetricFamily(
        "atalaya_messages_received_total",
        .counter,
        "Messages that clients published, accepted or not.",
        labels: [spoken]
    )
    static let receivedBytes = MetricFamily(
        "atalaya_message_received_bytes_total",
        .counter,
        "Payload bytes of the frames that publications came in.",
        labels: [spoken]
    )
    static let sent = MetricFamily(
        "atalaya_messages_sent_total",
        .counter,
        "Room messages written to clients; written means handed to the kernel, not received by the client.",
        labels: [spoken]
    )
    static let sentBytes = MetricFamily(
        "atalaya_message_sent_bytes_total",
        .counter,
        "Payload bytes of the frames that room messages were written in.",
        labels: [spoken]
    )
    static let commands = MetricFamily(
        "atalaya_commands_total",
        .counter,
        "What clients asked for besides publishing, by whether it worked.",
        labels: [
            spoken, MetricLabel("command", oneOf: CommandName.allCases.filter { $0 != .publish }.map(\.label)),
            MetricLabel("result", oneOf: CommandResult.self),
        ]
    )
    static let rejected = MetricFamily(
        "atalaya_messages_rejected_total",
        .counter,
        "Publications that were refused, by reason.",
        labels: [MetricLabel("reason", oneOf: RejectionReason.self)]
    )
    static let pingRTT = MetricFamily(
        "atalaya_ping_rtt_seconds",
        .histogram,
        "Time from sending a client a ping to its pong.",
        labels: [spoken]
    )

    package static let all = [
        active, users, opened, closed, discrepancy, duration, reconnects, reconnectGap, received, receivedBytes, sent,
        sentBytes, commands, rejected, pingRTT,
    ]

    /// - Parameters:
    ///   - users: Users with open connections.
    ///   - traits: What each protocol can express: its other series would never count anything.
    package static func record(
        _ reports: [SessionReport],
        users: Int,
        of traits: PerCase<ProtocolName, ProtocolTraits>,
        into measurements: inout Measurements
    ) {
        var discrepancy: Int64 = 0
        for name in ProtocolName.allCases {
            let counts = reports.map { $0.counts[name] }
            discrepancy += Int64(counts.reduce(0) { $0 + $1.opened })
            discrepancy -= self.recordClosed(name, counts, into: &measurements)
            discrepancy -= self.recordActive(name, reports, into: &measurements)
            measurements.record(
                self.opened,
                [name.label, TransportName.websocket.label],
                counts.reduce(0) { $0 + $1.opened }
            )
            self.recordReconnects(name, counts, into: &measurements)
            self.recordMessages(name, counts, reports.map { $0.loop.lanes[Int(name.lane)] }, into: &measurements)
            self.recordCommands(name, traits[name].commands, counts, into: &measurements)
            measurements.record(self.pingRTT, [name.label], self.sum(counts.map(\.pingRTT)))
        }
        measurements.record(self.discrepancy, discrepancy)
        measurements.record(self.users, users)
        for reason in RejectionReason.allCases {
            let count = reports.reduce(0) { sum, report in
                sum + ProtocolName.allCases.reduce(0) { $0 + report.counts[$1].rejected[reason] }
            }
            measurements.record(self.rejected, [reason.label], count)
        }
    }

    private static func recordActive(
        _ name: ProtocolName,
        _ reports: [SessionReport],
        into measurements: inout Measurements
    ) -> Int64 {
        var all = 0
        for transport in TransportName.allCases {
            let count = reports.reduce(0) { $0 + $1.active[name][transport] }
            measurements.record(self.active, [name.label, transport.label, "false"], count)
            all += count
        }
        return Int64(all)
    }

    private static func recordClosed(
        _ name: ProtocolName,
        _ counts: [SessionCounts],
        into measurements: inout Measurements
    ) -> Int64 {
        var all: UInt64 = 0
        for initiator in Initiator.allCases {
            for reason in CloseReason.allCases {
                let count = counts.reduce(0) { $0 + $1.closed[initiator][reason] }
                all += count
                if count > 0 || initiator.canBegin(reason) {
                    measurements.record(self.closed, [name.label, initiator.label, reason.label], count)
                }
            }
            measurements.record(
                self.duration,
                [name.label, initiator.label],
                self.sum(counts.map { $0.duration[initiator] })
            )
        }
        return Int64(all)
    }

    private static func recordReconnects(
        _ name: ProtocolName,
        _ counts: [SessionCounts],
        into measurements: inout Measurements
    ) {
        for outcome in ReconnectOutcome.allCases {
            for origin in ReconnectOrigin.allCases {
                measurements.record(
                    self.reconnects,
                    [name.label, outcome.label, origin.label],
                    counts.reduce(0) { $0 + $1.reconnects[outcome][origin] }
                )
            }
        }
        measurements.record(self.reconnectGap, [name.label], self.sum(counts.map(\.reconnectGap)))
    }

    private static func recordMessages(
        _ name: ProtocolName,
        _ counts: [SessionCounts],
        _ lanes: [LaneCounts],
        into measurements: inout Measurements
    ) {
        let label = [name.label]
        measurements.record(self.received, label, counts.reduce(0) { $0 + $1.messagesReceived })
        measurements.record(self.receivedBytes, label, counts.reduce(0) { $0 + $1.bytesReceived })
        let written = lanes.reduce(0) { $0 + $1.outcomes[.written] }
        measurements.record(self.sent, label, counts.reduce(written) { $0 + $1.echoed })
        let bytes = lanes.reduce(0) { $0 + $1.payloadBytes }
        measurements.record(self.sentBytes, label, counts.reduce(bytes) { $0 + $1.bytesEchoed })
    }

    private static func recordCommands(
        _ name: ProtocolName,
        _ commands: [CommandName],
        _ counts: [SessionCounts],
        into measurements: inout Measurements
    ) {
        for command in commands where command != .publish {
            for result in CommandResult.allCases {
                measurements.record(
                    self.commands,
                    [name.label, command.label, result.label],
                    counts.reduce(0) { $0 + $1.commands[command][result] }
                )
            }
        }
    }

    private static func sum(_ histograms: [Histogram]) -> Histogram {
        guard var sum = histograms.first else { return Histogram(bounds: Histogram.latencySeconds) }
        for histogram in histograms.dropFirst() {
            sum += histogram
        }
        return sum
    }
}

extension Initiator {
    /// The pairs that can occur, which are exported from the start.
    fileprivate func canBegin(_ reason: CloseReason) -> Bool {
        switch self {
        case .client: reason == .normal || reason == .goingAway
        case .network: reason == .abnormal || reason == .pingTimeout
        case .server: ![.normal, .goingAway, .abnormal, .pingTimeout].contains(reason)
        }
    }
}
