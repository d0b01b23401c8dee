package import Instruments

/// The metric families of the fleet channel.
package enum FleetMetrics {
    static let rejected = MetricFamily(
        "atalaya_fleet_messages_rejected_total",
        .counter,
        "Messages from other instances that were ignored because they could not be trusted or read, by reason.",
        labels: [MetricLabel("reason", oneOf: FleetRejection.self)]
    )
    static let lastSeen = MetricFamily(
        "atalaya_peer_last_seen_seconds",
        .gauge,
        "Seconds since this instance last heard from each of the others.",
        labels: [MetricLabel("peer", "the name of another instance")]
    )

    package static let all = [rejected, lastSeen]

    package static func record(_ status: FleetStatus, into measurements: inout Measurements) {
        for reason in FleetRejection.allCases {
            measurements.record(self.rejected, [reason.label], status.rejected[reason])
        }
        measurements.declare(self.lastSeen)
        for peer in status.peers {
            measurements.record(self.lastSeen, [peer.instance], peer.age.inSeconds)
        }
    }
}
