import Compression
import HTTP
import HTTPServer
import Instruments
import Observability

/// `GET /metrics`: Prometheus text or OpenMetrics, as `Accept` asks; gzip, as `Accept-Encoding` asks.
struct MetricsEndpoint: Endpoint {
    /// Scrapes that come at the same time share one, since anybody who reaches the port may ask.
    private let plain: PerExposition
    private let compressed: PerExposition

    private struct PerExposition {
        let prometheus: SharedWork<[UInt8]>
        let openMetrics: SharedWork<[UInt8]>

        init(_ registry: MetricRegistry, _ pack: @escaping @Sendable ([UInt8]) -> [UInt8]) {
            self.prometheus = SharedWork { pack(Exposition.prometheus.text(of: await registry.measure())) }
            self.openMetrics = SharedWork { pack(Exposition.openMetrics.text(of: await registry.measure())) }
        }

        subscript(exposition: Exposition) -> SharedWork<[UInt8]> {
            switch exposition {
            case .prometheus: self.prometheus
            case .openMetrics: self.openMetrics
            }
        }
    }

    init(registry: MetricRegistry) {
        self.plain = PerExposition(registry) { $0 }
        self.compressed = PerExposition(registry) { gzip($0.span, level: .fast) }
    }

    var declaration: EndpointDeclaration {
        let contents = Exposition.allCases.map { exposition in
            (mediaType: String(exposition.contentType.prefix { $0 != ";" }), schema: Schema.text())
        }
        return EndpointDeclaration(
            "metrics",
            .get,
            "/metrics",
            "All metrics of this instance; compressed if `Accept-Encoding` says so.",
            isOpen: true,
            // Prometheus sends whatever `params` its configuration has.
            ignoresOtherParameters: true,
            answers: [EndpointDeclaration.Answer(.ok, "The metrics, in the format that `Accept` prefers.", contents)]
        )
    }

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        let headers = request.head.headers
        let exposition = Self.exposition(for: AcceptHeader(headers))
        let isCompressed = AcceptHeader(headers, "Accept-Encoding").prefers(coding: "gzip")
        let body = await (isCompressed ? self.compressed : self.plain)[exposition].value()
        var response = HTTPResponse.momentary(body, exposition.contentType)
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
