import Foundation
import Instruments
import Testing

@testable import Observability

/// Prometheus' own checker on what we print; it says nothing where all is right.
@Suite(.enabled(if: Promtool.path != nil), .timeLimit(.minutes(1))) struct PromtoolTests {
    @Test func `our own families please promtool`() async throws {
        let build = BuildMetrics(version: "1.0.0", commit: "abc", sends: "io_uring", configurationHash: "0123")
        let writer = LogWriter(format: .json, instance: "gw-0", descriptor: -1)
        defer { writer.finish() }
        let registry = try MetricRegistry([build, ProcessMetrics(), writer], limit: .seconds(30))
        var measurements = await registry.measure()
        var histogram = Histogram(bounds: Histogram.latencySeconds)
        histogram.observe(0.02)
        let latency = MetricFamily("atalaya_wait_seconds", .histogram, "Waits.", labels: ["stage"])
        measurements.record(latency, ["a\"b\\c\nd"], histogram)
        #expect(try Promtool.check(Exposition.prometheus.text(of: measurements)) == "")
    }

    @Test func `promtool finds what is wrong`() throws {
        #expect(try Promtool.check(Array("# TYPE a counter\na{b=\"c} 1\n".utf8)) != "")
    }
}

private enum Promtool {
    static let path = ["/usr/bin/promtool", "/usr/local/bin/promtool"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// What `promtool check metrics` has to say about this text.
    static func check(_ text: [UInt8]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.path))
        process.arguments = ["check", "metrics"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(text))
        try input.fileHandleForWriting.close()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let verdict = process.terminationStatus == 0 ? "" : "exit \(process.terminationStatus): "
        return verdict + String(decoding: said, as: UTF8.self)
    }
}
