import Foundation
import Instruments
import TestKit
import Testing

@testable import Observability

/// Prometheus' own checker on what we print; it says nothing where all is right.
@Suite(.enabled(if: Promtool.path != nil), .timeLimit(.minutes(1))) struct PromtoolTests {
    @Test func `our own families please promtool`() async throws {
        let build = BuildMetrics(version: "1.0.0", commit: "abc", configurationHash: "0123")
        let writer = LogWriter(format: .json, instance: "gw-0", descriptor: -1)
        defer { writer.finish() }
        let registry = try MetricRegistry([build, ProcessMetrics(), writer], limit: .seconds(30))
        var measurements = await registry.measure()
        var histogram = Histogram(bounds: Histogram.latencySeconds)
        histogram.observe(0.02)
        let latency = MetricFamily("atalaya_wait_seconds", .histogram, "Waits.", labels: ["stage"])
        measurements.record(latency, ["a\"b\\c\nd"], histogram)
        #expect(try await Promtool.check(Exposition.prometheus.text(of: measurements)) == "")
    }

    @Test func `promtool finds what is wrong`() async throws {
        #expect(try await Promtool.check(Array("# TYPE a counter\na{b=\"c} 1\n".utf8)) != "")
    }
}

private enum Promtool {
    static let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { "\($0)/promtool" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// What `promtool check metrics` has to say about this text.
    static func check(_ text: [UInt8]) async throws -> String {
        let folder = try TemporaryFolder()
        let file = try folder.write(Data(text), to: "metrics")
        let command = "\(try #require(Self.path)) check metrics < \(file)"
        let ending = try await ChildProcess.run("/bin/sh", ["-c", command])
        return (ending.code == 0 ? "" : "exit \(ending.code): ") + ending.output + ending.errors
    }
}
