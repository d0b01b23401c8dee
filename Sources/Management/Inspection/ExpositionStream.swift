import HTTP
import HTTPServer
import Instruments
import Observability

/// Series written as they are read, in pieces that the client has to take before the next one is made.
struct ExpositionStream {
    private static let piece = 32 * 1024

    private let writer: HTTPBodyWriter
    private let exposition: Exposition
    private var family: FamilyText?
    private var text: [UInt8] = []

    init(_ writer: HTTPBodyWriter, _ exposition: Exposition) {
        self.writer = writer
        self.exposition = exposition
    }

    /// The series that follow are this family's.
    mutating func begin(_ family: MetricFamily) async throws {
        let text = FamilyText(of: family, as: self.exposition)
        text.appendHead(to: &self.text)
        self.family = text
        try await self.flush()
    }

    mutating func append(_ labels: [String], _ number: Double) {
        self.family?.append(labels, number, to: &self.text)
    }

    /// Waits until the client has taken what was written, if that is enough for a piece.
    mutating func flush() async throws {
        if self.text.count >= Self.piece {
            try await self.send()
        }
    }

    fileprivate mutating func end() async throws {
        if self.exposition == .openMetrics {
            self.text.append(contentsOf: "# EOF\n".utf8)
        }
        try await self.send()
    }

    private mutating func send() async throws {
        guard !self.text.isEmpty else { return }
        let piece = self.text
        self.text.removeAll(keepingCapacity: true)
        try await self.writer.write(piece)
    }
}

extension HTTPResponse {
    /// Streams series in the format that the request prefers.
    static func exposition(
        _ request: HTTPRequest,
        _ write: @escaping @Sendable (inout ExpositionStream) async throws -> Void
    ) -> HTTPResponse {
        let exposition = MetricsEndpoint.exposition(for: AcceptHeader(request.head.headers))
        let headers: HTTPHeaders = [
            "Content-Type": exposition.contentType, "Cache-Control": "no-store", "Vary": "Accept",
        ]
        return HTTPResponse(
            status: .ok,
            headers: headers,
            body: .stream { writer in
                var stream = ExpositionStream(writer, exposition)
                try await write(&stream)
                try await stream.end()
            }
        )
    }
}

extension EndpointDeclaration.Answer {
    /// Text for Prometheus.
    static let exposition = EndpointDeclaration.Answer(
        .ok,
        "The series, in the format that `Accept` prefers.",
        [("text/plain", .text()), ("application/openmetrics-text", .text())]
    )
}
