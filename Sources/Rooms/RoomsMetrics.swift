package import Instruments
package import Messaging
package import Reactor

/// What one event loop knows of deliveries, copied in one turn of it.
package struct RoomReport: Sendable {
    package let counts: RoomCounts
    /// Recipients of messages that wait for the end of the tick.
    package let unsent: PerCase<ProtocolName, UInt64>
    package let loop: LoopSnapshot

    package init(counts: RoomCounts, unsent: PerCase<ProtocolName, UInt64>, loop: LoopSnapshot) {
        self.counts = counts
        self.unsent = unsent
        self.loop = loop
    }
}

/// The metric families of rooms and deliveries.
package enum RoomsMetrics {
    static let rooms = MetricFamily("atalaya_rooms_active", .gauge, "Rooms with members on this instance.")
    static let subscriptions = MetricFamily(
        "atalaya_subscriptions_active",
        .gauge,
        "Memberships of connections in rooms."
    )
    static let deliveries = MetricFamily(
        "atalaya_deliveries_total",
        .counter,
        "Deliveries by outcome, one per message and recipient; written means handed to the kernel, not received by the client.",
        labels: [
            MetricLabel("protocol", oneOf: ProtocolName.self), MetricLabel("outcome", oneOf: DeliveryOutcome.self),
        ]
    )
    static let pending = MetricFamily(
        "atalaya_deliveries_pending",
        .gauge,
        "Deliveries that wait in send queues, one per message and recipient."
    )
    static let unaccounted = MetricFamily(
        "atalaya_deliveries_unaccounted",
        .gauge,
        "Expected deliveries minus all outcomes and pending ones; anything but 0 is a bug in the gateway."
    )
    static let recipients = MetricFamily(
        "atalaya_fanout_recipients",
        .histogram,
        "How many members of its room a message is sent to on one event loop."
    )

    package static let all = [rooms, subscriptions, deliveries, pending, unaccounted, recipients]

    /// - Parameter rooms: Rooms with members on any loop.
    package static func record(_ reports: [RoomReport], rooms: Int, into measurements: inout Measurements) {
        var expected: UInt64 = 0
        var settled: UInt64 = 0
        var pending: UInt64 = 0
        var recipients = Histogram(bounds: Histogram.recipients)
        for name in ProtocolName.allCases {
            var outcomes = PerCase<DeliveryOutcome, UInt64>(repeating: 0)
            for report in reports {
                let frames = report.loop.lanes[Int(name.lane)]
                outcomes += frames.outcomes
                expected += report.counts.expected[name]
                pending += frames.pending + report.unsent[name]
            }
            settled += outcomes.sum
            for outcome in DeliveryOutcome.allCases {
                measurements.record(self.deliveries, [name.label, outcome.label], outcomes[outcome])
            }
        }
        for report in reports {
            recipients += report.counts.recipients
        }
        measurements.record(self.rooms, rooms)
        measurements.record(self.subscriptions, reports.reduce(0) { $0 + $1.counts.subscriptions })
        measurements.record(self.pending, pending)
        measurements.record(self.unaccounted, Int64(expected) - Int64(settled) - Int64(pending))
        measurements.record(self.recipients, recipients)
    }
}
