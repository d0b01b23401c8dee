package import HTTP
package import HTTPServer
package import Instruments
package import Observability
package import Reactor

/// What the management listener answers, and who may ask.
package struct ManagementRoutes: Sendable {
    private let endpoints: [any Endpoint]
    private let access: ManagementAccess

    package init(
        checks: HealthChecks,
        metrics: MetricRegistry,
        drain: any DrainControl,
        access: ManagementAccess,
        log: EventLog
    ) {
        let probes = HealthChecks.Probe.allCases.map { HealthEndpoint(probe: $0, checks: checks) as any Endpoint }
        self.endpoints = probes + [MetricsEndpoint(registry: metrics), DrainEndpoint(control: drain, log: log)]
        self.access = access
    }

    /// For the server on the management loop; all handlers run as tasks, so that the loop itself is never blocked.
    package var router: HTTPRouter {
        var router = HTTPRouter()
        for endpoint in self.endpoints {
            router.on(endpoint.method, endpoint.pattern, .task { try await endpoint.answer($0) })
        }
        return router
    }

    /// The server's `admission`: refuses requests without permission before their body is read.
    package func admission(_ head: RequestHead, _ pattern: String, _ peer: SocketAddress) -> HTTPResponse? {
        let isOpen = self.endpoints.contains { $0.pattern == pattern && $0.isOpen }
        return isOpen ? nil : self.access.refusal(of: head, from: peer)?.problem.response
    }
}

extension ManagementAccess.Refusal {
    fileprivate var problem: HTTPProblem {
        switch self {
        case .tokenMissing:
            HTTPProblem(
                .unauthorized,
                "Authorization: Bearer with management.token is needed",
                headers: ["WWW-Authenticate": #"Bearer realm="atalaya""#]
            )
        case .tokenWrong:
            HTTPProblem(
                .unauthorized,
                "the token is not management.token",
                headers: ["WWW-Authenticate": #"Bearer realm="atalaya", error="invalid_token""#]
            )
        case .notThisMachine(let reason):
            HTTPProblem(
                .forbidden,
                "only this machine is let in, since management.token is not set: \(reason)"
            )
        case .nobody:
            HTTPProblem(.forbidden, "nobody is let in: in Kubernetes management.token must be set")
        }
    }
}
