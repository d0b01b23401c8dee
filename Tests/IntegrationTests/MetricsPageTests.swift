import Gateway
import HTTPClient
import Instruments
import Observability
import TestKit
import Testing

/// The page of metrics, the declarations and what a gateway shows are the same.
@Suite(.timeLimit(.minutes(1))) struct MetricsPageTests {
    @Test func `docs metrics lists every family with its type and labels`() throws {
        let catalog = MetricCatalog.ofTheGateway
        #expect(catalog.faults == [])
        try expectPage("docs/metrics.md", toBe: catalog.markdown)
    }

    @Test func `a gateway shows the families of the page, with these labels and values only`() async throws {
        try await RunningGateway.run { running in
            let (client, _) = try await running.native("?user=alice")
            let member = try await running.connect("/ws?room=r")
            _ = try? await running.connect("/ws")
            let text = try await running.ask(.get, "/metrics").text
            // A gateway in a test has no writer of logs of its own.
            let listed = MetricCatalog.ofTheGateway.families.filter { !LogWriter.all.contains($0) }
            let shown = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
            #expect(Set(shown.map(String.init)) == Set(listed.map { "# TYPE \($0.name) \($0.kind.rawValue)" }))
            for sample in ScrapedMetrics(text).samples {
                let family = listed.first { $0.sampleNames.contains(String(sample.name)) }
                let labels = try #require(family, "\(sample.name)").labels
                let pairs = sample.pairs.filter { $0.name != "le" }
                #expect(pairs.map(\.name) == labels.map(\.name), "\(sample.name)")
                for (pair, label) in zip(pairs, labels) where !label.values.isEmpty {
                    #expect(label.values.contains(pair.value), "\(pair) of \(sample.name)")
                }
            }
            withExtendedLifetime((client, member)) {}
        }
    }
}

extension MetricFamily {
    fileprivate var sampleNames: [String] {
        self.kind == .histogram ? ["_bucket", "_sum", "_count"].map { self.name + $0 } : [self.name]
    }
}
