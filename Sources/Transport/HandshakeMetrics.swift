package import HTTPServer
package import Instruments
import Messaging

/// What one event loop knows of handshakes: how long they took, and what it refused before a WebSocket was open.
package struct HandshakeReport: Sendable {
    /// Refused before any endpoint was asked: not a valid request, too slow, or to an unknown path.
    package let requests: PerCase<HTTPRejection, UInt64>
    package let upgrades: PerCase<HandshakeRejection, UInt64>
    package let durations: HandshakeDurations

    package init(
        requests: PerCase<HTTPRejection, UInt64>,
        upgrades: PerCase<HandshakeRejection, UInt64>,
        durations: HandshakeDurations
    ) {
        self.requests = requests
        self.upgrades = upgrades
        self.durations = durations
    }
}

/// The metric families of handshakes.
package enum HandshakeMetrics {
    static let rejected = MetricFamily(
        "atalaya_handshakes_rejected_total",
        .counter,
        "Clients that were turned away before they had a connection, by how far they got and why.",
        labels: [
            MetricLabel("stage", oneOf: ["request", "upgrade"]),
            MetricLabel(
                "reason",
                oneOf: HTTPRejection.allCases.map(\.label) + HandshakeRejection.allCases.map(\.label)
            ),
        ]
    )

    static let duration = MetricFamily(
        "atalaya_handshake_duration_seconds",
        .histogram,
        "Time until a client got its 101: upgrade counts from the first byte of its request, total from its accept. What happens within one turn of an event loop counts as 0.",
        labels: [
            MetricLabel("stage", oneOf: HandshakeStage.self), MetricLabel("protocol", oneOf: ProtocolName.self),
        ]
    )

    package static let all = [duration, rejected]

    package static func record(_ loops: [HandshakeReport], into measurements: inout Measurements) {
        for stage in HandshakeStage.allCases {
            for name in ProtocolName.allCases {
                var sum = Histogram(bounds: Histogram.latencySeconds)
                for loop in loops { sum += loop.durations[stage][name] }
                measurements.record(self.duration, [stage.label, name.label], sum)
            }
        }
        for reason in HTTPRejection.allCases {
            let count = loops.reduce(0) { $0 + $1.requests[reason] }
            measurements.record(self.rejected, ["request", reason.label], count)
        }
        for reason in HandshakeRejection.allCases {
            let count = loops.reduce(0) { $0 + $1.upgrades[reason] }
            measurements.record(self.rejected, ["upgrade", reason.label], count)
        }
    }
}
