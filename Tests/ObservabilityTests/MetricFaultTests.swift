import Instruments
import Testing

@testable import Observability

@Suite struct MetricFaultTests {
    @Test(arguments: [
        (MetricFamily("9lives", .gauge, "H."), MetricFault.invalidName("9lives")),
        (MetricFamily("a-b", .gauge, "H."), .invalidName("a-b")),
        (MetricFamily("a", .gauge, ""), .noHelp("a")),
        (MetricFamily("a", .counter, "H."), .wrongSuffix("a", .counter)),
        (MetricFamily("a_total", .gauge, "H."), .wrongSuffix("a_total", .gauge)),
        (MetricFamily("a", .gauge, "H.", labels: ["b", "b"]), .invalidLabel("b", family: "a")),
        (MetricFamily("a", .gauge, "H.", labels: ["__b"]), .invalidLabel("__b", family: "a")),
        (MetricFamily("a", .gauge, "H.", labels: ["b-c"]), .invalidLabel("b-c", family: "a")),
        (MetricFamily("a", .histogram, "H.", labels: ["le"]), .invalidLabel("le", family: "a")),
    ])
    func `a family that no scraper would take is a fault`(family: MetricFamily, fault: MetricFault) {
        #expect(MetricFault.faults(of: [family]) == [fault])
    }

    @Test func `families whose samples would share a name are a fault`() {
        let families = [
            MetricFamily("wait_seconds", .histogram, "H."),
            MetricFamily("wait_seconds_count", .gauge, "H."),
            MetricFamily("messages_total", .counter, "H."),
            MetricFamily("messages", .gauge, "H."),
        ]
        #expect(
            MetricFault.faults(of: families) == [
                .sampleNamedTwice("wait_seconds_count", family: "wait_seconds_count", other: "wait_seconds"),
                .sampleNamedTwice("messages", family: "messages", other: "messages_total"),
            ]
        )
    }

    @Test func `what the conventions allow is no fault`() {
        let families = [
            MetricFamily("a:b_c", .gauge, "H.", labels: ["le", "x_1"]), MetricFamily("d_total", .counter, "H."),
            MetricFamily("e_seconds", .histogram, "H.", labels: ["loop"]),
        ]
        #expect(MetricFault.faults(of: families).isEmpty)
    }
}
