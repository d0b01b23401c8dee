package import HTTPServer
package import Instruments

/// What one event loop refused before a WebSocket was open.
package struct HandshakeReport: Sendable {
    /// Refused before any endpoint was asked: not a valid request, too slow, or to an unknown path.
    package let requests: PerCase<HTTPRejection, UInt64>
    package let upgrades: PerCase<HandshakeRejection, UInt64>

    package init(requests: PerCase<HTTPRejection, UInt64>, upgrades: PerCase<HandshakeRejection, UInt64>) {
        self.requests = requests
        self.upgrades = upgrades
    }
}

/// The metric family of refused handshakes.
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

    package static let all = [rejected]

    package static func record(_ loops: [HandshakeReport], into measurements: inout Measurements) {
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
