import Compression
import HTTP
import HTTPServer
import Observability

/// `GET /metrics`: Prometheus text or OpenMetrics, as `Accept` asks; gzip, as `Accept-Encoding` asks.
struct MetricsEndpoint: Endpoint {
    let registry: MetricRegistry

    var method: HTTPMethod { .get }
    var pattern: String { "/metrics" }
    var isOpen: Bool { true }

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        let headers = request.head.headers
        let exposition = Self.exposition(for: AcceptHeader(headers))
        let text = exposition.text(of: await self.registry.measure())
        let isCompressed = AcceptHeader(headers, "Accept-Encoding").prefers(coding: "gzip")
        var response = HTTPResponse.momentary(
            isCompressed ? gzip(text.span, level: .fast) : text,
            exposition.contentType
        )
        response.headers.add("Vary", "Accept, Accept-Encoding")
        if isCompressed { response.headers.add("Content-Encoding", "gzip") }
        return response
    }

    /// If nothing acceptable is available, the answer is text, as with every Prometheus client.
    static func exposition(for accept: AcceptHeader) -> Exposition {
        let offers = [
            AcceptHeader.Offer("text", "plain", version: "0.0.4"),
            AcceptHeader.Offer("application", "openmetrics-text", version: "1.0.0"),
        ]
        return accept.best(of: offers) == 1 ? .openMetrics : .prometheus
    }
}
