import HTTP
import HTTPServer

/// `GET /livez`, `/readyz`, `/startupz`: `ok`, or 503 with every check.
///
/// `?verbose` always lists the checks; `Accept: application/json` gets the same as JSON.
struct HealthEndpoint: Endpoint {
    let probe: HealthChecks.Probe
    let checks: HealthChecks

    var method: HTTPMethod { .get }
    var pattern: String { "/" + self.probe.rawValue }
    var isOpen: Bool { true }

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        let report = await self.checks.report(on: self.probe)
        let status: HTTPStatus = report.isPassed ? .ok : .serviceUnavailable
        let offers = [AcceptHeader.Offer("text", "plain"), AcceptHeader.Offer("application", "json")]
        var response: HTTPResponse
        if AcceptHeader(request.head.headers).best(of: offers) == 1 {
            response = .momentary(report.json, "application/json", status: status)
        } else {
            let isShort = report.isPassed && request.head.target.queryValue("verbose") == nil
            let text = isShort ? "ok" : report.verboseText
            response = .momentary(Array(text.utf8), "text/plain; charset=utf-8", status: status)
        }
        response.headers.add("Vary", "Accept")
        return response
    }
}
