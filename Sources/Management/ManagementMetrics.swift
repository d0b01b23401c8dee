package import Instruments

/// What probes and operators see, as gauges.
package struct ManagementMetrics: MetricSource {
    private enum Families {
        static let ready = MetricFamily(
            "atalaya_ready",
            .gauge,
            "1 if a check of the readiness probe passes, otherwise 0.",
            labels: ["check"]
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
    }

    private let checks: HealthChecks
    private let drain: any DrainControl

    package init(checks: HealthChecks, drain: any DrainControl) {
        self.checks = checks
        self.drain = drain
    }

    package var families: [MetricFamily] {
        [Families.ready, Families.drainState, Families.drainConnectionsRemaining]
    }

    package func measure(into measurements: inout Measurements) async {
        for (name, verdict) in await self.checks.report(on: .ready).results {
            measurements.record(Families.ready, [name], verdict.isPassed ? 1 : 0)
        }
        let status = await self.drain.status()
        measurements.record(Families.drainState, [], status.state.rawValue)
        measurements.record(Families.drainConnectionsRemaining, [], status.connectionsRemaining)
    }
}
