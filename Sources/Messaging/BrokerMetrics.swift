package import Instruments

/// The metric families of any broker.
package enum BrokerMetrics {
    private static let broker = MetricLabel("broker", "the kind of broker (`broker.kind`), such as `redis`")

    static let up = MetricFamily(
        "atalaya_broker_up",
        .gauge,
        "1 if the broker can be used, 0 if it cannot be reached or only a replica answers.",
        labels: [broker]
    )
    static let subscriptions = MetricFamily(
        "atalaya_broker_subscriptions",
        .gauge,
        "Rooms that this instance is subscribed to at the broker.",
        labels: [broker]
    )
    static let reconnects = MetricFamily(
        "atalaya_broker_reconnects_total",
        .counter,
        "Times a connection to the broker was lost and made again.",
        labels: [broker]
    )
    static let errors = MetricFamily(
        "atalaya_broker_errors_total",
        .counter,
        "Commands that the broker refused, and messages from it that could not be read or were not what they claimed to be.",
        labels: [broker]
    )
    static let published = MetricFamily(
        "atalaya_broker_published_total",
        .counter,
        "Publications that the broker accepted.",
        labels: [broker]
    )
    static let received = MetricFamily(
        "atalaya_broker_received_total",
        .counter,
        "Room messages received from the broker, including this instance's own.",
        labels: [broker]
    )
    static let rtt = MetricFamily(
        "atalaya_broker_rtt_seconds",
        .histogram,
        "Time from sending a ping to the broker until its answer arrives.",
        labels: [broker]
    )
    static let gaps = MetricFamily(
        "atalaya_broker_gap_messages_total",
        .counter,
        "Messages that another instance published and this one never received.",
        labels: [broker]
    )
    static let duplicates = MetricFamily(
        "atalaya_broker_duplicates_total",
        .counter,
        "Messages that arrived from the broker more than once; the copies were not delivered.",
        labels: [broker]
    )

    package static let all = [
        up, subscriptions, reconnects, errors, published, received, rtt, gaps, duplicates,
    ]

    package static func record(_ broker: any Broker, into measurements: inout Measurements) {
        let label = [broker.name]
        let counts = broker.counts
        measurements.record(self.up, label, broker.health == .up ? 1 : 0)
        measurements.record(self.subscriptions, label, counts.subscriptions)
        measurements.record(self.reconnects, label, counts.reconnects)
        measurements.record(self.errors, label, counts.errors)
        measurements.record(self.published, label, counts.published)
        measurements.record(self.received, label, counts.received)
        measurements.record(self.rtt, label, counts.rtt)
        measurements.record(self.gaps, label, counts.gapMessages)
        measurements.record(self.duplicates, label, counts.duplicates)
    }
}
