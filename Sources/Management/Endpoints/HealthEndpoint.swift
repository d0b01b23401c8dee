import HTTP
import HTTPServer

/// `GET /livez`, `/readyz`, `/startupz`: `ok`, or 503 with every check.
///
/// `?verbose` always lists the checks; `Accept: application/json` gets the same as JSON.
struct HealthEndpoint: Endpoint {
    let probe: HealthChecks.Probe
    let checks: HealthChecks

    private static let verbose = Parameter.flag("verbose", "Lists every check in the text, also if all pass.")

    var declaration: EndpointDeclaration {
        let contents = [("text/plain", Schema.text()), ("application/json", DescribedHealth.schema)]
        return EndpointDeclaration(
            self.probe.rawValue,
            .get,
            "/" + self.probe.rawValue,
            self.probe.sentence,
            isOpen: true,
            parameters: [Self.verbose],
            // Load balancers and people add things of their own.
            ignoresOtherParameters: true,
            answers: [
                EndpointDeclaration.Answer(.ok, "All checks pass.", contents),
                EndpointDeclaration.Answer(.serviceUnavailable, "A check fails; the text names it.", contents),
            ]
        )
    }

    func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        let report = await self.checks.report(on: self.probe)
        let status: HTTPStatus = report.isPassed ? .ok : .serviceUnavailable
        let offers = [AcceptHeader.Offer("text", "plain"), AcceptHeader.Offer("application", "json")]
        var response: HTTPResponse
        if AcceptHeader(request.head.headers).best(of: offers) == 1 {
            response = .json(report.described, status: status)
        } else {
            let isShort = try report.isPassed && !request[Self.verbose]
            let text = isShort ? "ok" : report.verboseText
            response = .momentary(Array(text.utf8), "text/plain; charset=utf-8", status: status)
        }
        response.headers.add("Vary", "Accept")
        return response
    }
}

extension HealthChecks.Probe {
    fileprivate var sentence: String {
        switch self {
        case .live: "Whether the process works at all; if not, only a restart will help."
        case .ready: "Whether clients should be sent to this instance."
        case .startup: "Whether the process has come up."
        }
    }
}
