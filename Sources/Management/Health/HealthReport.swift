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

    /// The same as a JSON object.
    ///
    /// `{"checks":[{"name":…,"reason":…,"status":"ok"|"degraded"|"failed"}],"status":"ok"|"failed"}`
    package var json: [UInt8] {
        struct Check: Encodable {
            let name: String
            let status: String
            let reason: String?
        }
        struct Report: Encodable {
            let status: String
            let checks: [Check]
        }
        let checks = self.results.map { name, verdict in
            switch verdict {
            case .ok: Check(name: name, status: "ok", reason: nil)
            case .degraded(let reason): Check(name: name, status: "degraded", reason: reason)
            case .failed(let reason): Check(name: name, status: "failed", reason: reason)
            }
        }
        return ManagementJSON.encode(Report(status: self.isPassed ? "ok" : "failed", checks: checks))
    }
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
