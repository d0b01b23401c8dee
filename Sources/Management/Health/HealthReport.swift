/// The result of a probe, and its texts.
package struct HealthReport: Sendable {
    package let probe: HealthChecks.Probe
    package let results: [(name: String, verdict: HealthCheck.Verdict)]

    package var isPassed: Bool {
        self.results.allSatisfy { $0.verdict.isPassed }
    }

    /// One line per check and one for all of them, like Kubernetes' own servers.
    package var verboseText: String {
        var text = ""
        for (name, verdict) in self.results {
            switch verdict {
            case .ok: text += "[+]\(name) ok\n"
            case .degraded(let reason): text += "[+]\(name) ok: degraded, \(reason)\n"
            case .failed(let reason): text += "[-]\(name) failed: \(reason)\n"
            }
        }
        return text + "\(self.probe.rawValue) check \(self.isPassed ? "passed" : "failed")\n"
    }

    /// The same for programs.
    var described: DescribedHealth { DescribedHealth(self) }
}

/// The result of a probe as JSON.
struct DescribedHealth: DescribedJSON {
    struct Check: DescribedJSON {
        let name: String
        let status: String
        let reason: String?

        static let schema = Schema.record(
            "HealthCheck",
            "One check of a probe.",
            [
                .member("name", .text(), "Its name."),
                .member("status", .word(["ok", "degraded", "failed"]), "A check that is degraded counts as passed."),
                .optional("reason", .text(), "What is wrong; absent if it is `ok`."),
            ]
        )
    }

    let status: String
    let checks: [Check]

    init(_ report: HealthReport) {
        self.status = report.isPassed ? "ok" : "failed"
        self.checks = report.results.map { name, verdict in
            switch verdict {
            case .ok: Check(name: name, status: "ok", reason: nil)
            case .degraded(let reason): Check(name: name, status: "degraded", reason: reason)
            case .failed(let reason): Check(name: name, status: "failed", reason: reason)
            }
        }
    }

    static let schema = Schema.record(
        "Health",
        "The result of a probe.",
        [
            .member("status", .word(["ok", "failed"]), "Whether all checks have passed."),
            .member("checks", .list(of: Check.schema), "Every check."),
        ]
    )
}

extension HealthCheck.Verdict {
    /// Degraded counts as passed: a check only fails if failing it helps.
    package var isPassed: Bool {
        switch self {
        case .ok, .degraded: true
        case .failed: false
        }
    }
}
