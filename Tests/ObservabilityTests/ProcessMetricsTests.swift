import Foundation
import Instruments
import Testing

@testable import Observability

@Suite struct ProcessMetricsTests {
    @Test func `a name with spaces and brackets does not shift the numbers`() {
        let text = """
            42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 5 0 123456 987654321 2048 \
            18446744073709551615 1 1 0
            """
        let status = ProcessStatus(text: text)
        #expect(status?.cpuTicks == 200)
        #expect(status?.startTicks == 123_456)
        #expect(status?.virtualBytes == 987_654_321)
        #expect(status?.residentPages == 2048)
    }

    @Test(arguments: ["", "42 (a", "42 (a) S 1 2 3", "42 (a) S 1 1 1 1 1 1 1 1 1 1 1 x 50 0 0 20 0 5 0 1 1 1"])
    func `what is cut or strange gives nothing`(text: String) {
        #expect(ProcessStatus(text: text) == nil)
    }

    @Test func `limit and boot time are read from their lines`() {
        let limits = """
            Limit                     Soft Limit           Hard Limit           Units
            Max processes             1                    2                    processes
            Max open files            20000                524288               files

            """
        #expect(ProcessMetrics.descriptorLimit(in: limits) == 20_000)
        let unlimited = "Max open files            unlimited            unlimited            files"
        #expect(ProcessMetrics.descriptorLimit(in: unlimited) == .infinity)
        #expect(ProcessMetrics.descriptorLimit(in: "") == nil)
        #expect(ProcessMetrics.bootTime(in: "cpu 1 2\nbtime 1795250000\nprocesses 3\n") == 1_795_250_000)
    }

    @Test func `this very process has plausible numbers for every family`() async throws {
        let source = ProcessMetrics()
        let held = try #require(FileHandle(forReadingAtPath: "/dev/null"))
        defer { try? held.close() }
        var measurements = Measurements()
        await source.measure(into: &measurements)
        #expect(measurements.families.map(\.family) == source.families)
        var numbers: [String: Double] = [:]
        for family in measurements.families {
            if case .number(let number) = family.series.first?.value { numbers[family.family.name] = number }
        }
        let resident = try #require(numbers["process_resident_memory_bytes"])
        #expect(resident > 1_000_000)
        #expect(try #require(numbers["process_virtual_memory_bytes"]) >= resident)
        #expect(try #require(numbers["process_cpu_seconds_total"]) >= 0)
        let open = try #require(numbers["process_open_fds"])
        #expect(open > Double(0))
        #expect(try #require(numbers["process_max_fds"]) >= open)
        let started = Date(timeIntervalSince1970: try #require(numbers["process_start_time_seconds"]))
        #expect(abs(started.timeIntervalSinceNow) < 24 * 3600)
        #expect(started.timeIntervalSinceNow < 2)
    }

    @Test func `where the kernel shows nothing, nothing is shown`() async {
        var measurements = Measurements()
        await ProcessMetrics(processes: "/nowhere").measure(into: &measurements)
        #expect(measurements.families.isEmpty)
    }
}
