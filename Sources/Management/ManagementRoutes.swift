package import HTTP
package import HTTPServer
package import Instruments
package import Observability
package import Reactor

/// What the management listener answers, and who may ask.
package struct ManagementRoutes: Sendable {
    /// Each with what it declares.
    let endpoints: [(declaration: EndpointDeclaration, endpoint: any Endpoint)]
    private let openPatterns: Set<String>
    private let access: ManagementAccess

    /// - Parameters:
    ///   - version: The version of the gateway, for the description.
    ///   - more: Endpoints of the parts that only a whole gateway has.
    package init(
        version: String,
        checks: HealthChecks,
        metrics: MetricRegistry,
        drain: any DrainControl,
        access: ManagementAccess,
        log: EventLog,
        more: [any Endpoint] = []
    ) {
        let probes = HealthChecks.Probe.allCases.map { HealthEndpoint(probe: $0, checks: checks) as any Endpoint }
        let own: [any Endpoint] = [MetricsEndpoint(registry: metrics), DrainEndpoint(control: drain, log: log)]
        let described = (probes + own + more).map { (declaration: $0.declaration, endpoint: $0) }
        let description = OpenAPIEndpoint(version: version, of: described.map(\.declaration))
        self.endpoints = described + [(description.declaration, description)]
        self.openPatterns = Set(self.endpoints.filter(\.declaration.isOpen).map(\.declaration.pattern))
        self.access = access
    }

    /// For the server on the management loop; all handlers run as tasks, so that the loop itself is never blocked.
    package var router: HTTPRouter {
        var router = HTTPRouter()
        for (declaration, endpoint) in self.endpoints {
            router.on(
                declaration.method,
                declaration.pattern,
                maximumBodyBytes: declaration.body?.maximumBytes ?? 0,
                .task { request in
                    try declaration.check(request)
                    do {
                        return try await endpoint.answer(request)
                    } catch let late as LoopLate {
                        throw HTTPProblem(late)
                    }
                }
            )
        }
        return router
    }

    /// What this instance has to say to a path and query that another asks on behalf of an operator there.
    ///
    /// `nil` if it is nothing that the fleet can be asked about.
    func inspected(_ target: [UInt8]) async -> [UInt8]? {
        // A line break would begin a field.
        guard target.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        let text = Array("GET ".utf8) + target + Array(" HTTP/1.1\r\nHost: fleet\r\n\r\n".utf8)
        var parser = RequestHeadParser()
        guard case .head(let head, _)? = try? parser.read(text.span) else { return nil }
        for case (let declaration, let endpoint as any InspectedEndpoint) in self.endpoints {
            var router = HTTPRouter()
            router.on(declaration.method, declaration.pattern, .answer { _ in HTTPResponse(status: .ok) })
            guard let match = router.route(of: head), let peer = SocketAddress(ip: "127.0.0.1", port: 0) else {
                continue
            }
            return await endpoint.inspected(HTTPRequest(head: head, parameters: match.parameters, peer: peer))
        }
        return nil
    }

    /// The server's `admission`: refuses requests without permission before their body is read.
    package func admission(_ head: RequestHead, _ pattern: String, _ peer: SocketAddress) -> HTTPResponse? {
        guard !self.openPatterns.contains(pattern) else { return nil }
        return self.access.refusal(of: head, from: peer)?.problem.response
    }
}

extension HTTPProblem {
    /// Whoever asks loops waits for a moment only.
    fileprivate init(_ late: LoopLate) {
        self.init(.serviceUnavailable, "an event loop is too busy: \(late)", headers: ["Retry-After": "1"])
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
