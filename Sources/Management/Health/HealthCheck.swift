/// One question that a probe asks of a part, with a name from a closed list.
package struct HealthCheck: Sendable {
    package enum Verdict: Sendable, Equatable {
        case ok
        /// Something is wrong that neither a restart nor another instance would fix, so the check still passes.
        case degraded(String)
        /// A sentence without secrets, since anybody who reaches the listener may read it.
        case failed(String)
    }

    package let name: String
    private let ask: @Sendable () async -> Verdict

    /// - Parameter ask: Must answer quickly, from what is already known, since the probe waits for it.
    package init(_ name: String, _ ask: @escaping @Sendable () async -> Verdict) {
        self.name = name
        self.ask = ask
    }

    package func verdict() async -> Verdict {
        await self.ask()
    }
}

/// All checks, by the probe that makes them.
package struct HealthChecks: Sendable {
    package enum Probe: String, CaseIterable, Sendable {
        case live = "livez"
        case ready = "readyz"
        case startup = "startupz"
    }

    /// Whether the process works at all: event loops only.
    ///
    /// A failure means that only a restart will help.
    package var live: [HealthCheck]
    /// Whether clients should be sent here.
    package var ready: [HealthCheck]
    /// Whether the process has come up.
    package var startup: [HealthCheck]

    package init(live: [HealthCheck] = [], ready: [HealthCheck] = [], startup: [HealthCheck] = []) {
        self.live = live
        self.ready = ready
        self.startup = startup
    }

    /// Makes all checks of a probe at the same time.
    package func report(on probe: Probe) async -> HealthReport {
        let checks =
            switch probe {
            case .live: self.live
            case .ready: self.ready
            case .startup: self.startup
            }
        let verdicts = await withTaskGroup(of: (Int, HealthCheck.Verdict).self) { group in
            for (index, check) in checks.enumerated() {
                group.addTask { (index, await check.verdict()) }
            }
            var verdicts = [HealthCheck.Verdict](repeating: .ok, count: checks.count)
            for await (index, verdict) in group { verdicts[index] = verdict }
            return verdicts
        }
        return HealthReport(probe: probe, results: Array(zip(checks.map(\.name), verdicts)))
    }
}
