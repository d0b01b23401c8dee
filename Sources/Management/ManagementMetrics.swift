import HTTPServer
package import Instruments

/// What probes and operators see, as gauges.
package struct ManagementMetrics: MetricSource {
    private enum Families {
        static let ready = MetricFamily(
            "atalaya_ready",
            .gauge,
            "1 if a check of the readiness probe passes, otherwise 0.",
            labels: [MetricLabel("check", "the name of a check, as `/readyz?verbose` lists them")]
        )
        static let drainState = MetricFamily(
            "atalaya_drain_state",
            .gauge,
            "0 serving, 1 unready and waiting for load balancers to notice, 2 closing connections, 3 drained."
        )
        static let drainConnectionsRemaining = MetricFamily(
            "atalaya_drain_connections_remaining",
            .gauge,
            "Connections that a drain still has to close."
        )
        static let requestsFailed = MetricFamily(
            "atalaya_management_requests_failed_total",
            .counter,
            "Requests to the management listener that the gateway failed to answer.",
            labels: [MetricLabel("reason", oneOf: ManagementFailures.reasons.map(\.label))]
        )
    }

    package static let all = [
        Families.ready, Families.drainState, Families.drainConnectionsRemaining, Families.requestsFailed,
    ]

    private let checks: HealthChecks
    private let drain: any DrainControl
    private let failures: ManagementFailures

    package init(checks: HealthChecks, drain: any DrainControl, failures: ManagementFailures) {
        self.checks = checks
        self.drain = drain
        self.failures = failures
    }

    package var families: [MetricFamily] { Self.all }

    package func measure(into measurements: inout Measurements) async {
        for (name, verdict) in await self.checks.report(on: .ready).results {
            measurements.record(Families.ready, [name], verdict.isPassed ? 1 : 0)
        }
        let status = await self.drain.status()
        measurements.record(Families.drainState, [], status.state.rawValue)
        measurements.record(Families.drainConnectionsRemaining, [], status.connectionsRemaining)
        for reason in ManagementFailures.reasons {
            measurements.record(Families.requestsFailed, [reason.label], self.failures.count(of: reason))
        }
    }
}
