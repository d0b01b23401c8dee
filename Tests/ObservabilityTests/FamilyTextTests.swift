import Instruments
import TestKit
import Testing

@testable import Observability

@Suite struct FamilyTextTests {
    private static let sent = MetricFamily("sent_total", .counter, "Sent.", labels: ["room", "user"])

    @Test(arguments: Exposition.allCases) func `series that come in pieces make the same text`(exposition: Exposition) {
        let wait = MetricFamily("wait_seconds", .histogram, "Waits.", labels: ["loop"])
        var measurements = Measurements()
        var pieces: [UInt8] = []
        var text = FamilyText(of: Self.sent, as: exposition)
        text.appendHead(to: &pieces)
        for (index, room) in ["a", "b\"\\\n", ""].enumerated() {
            measurements.record(Self.sent, [room, "u"], Double(index) / 2)
            text.append([room, "u"], Double(index) / 2, to: &pieces)
        }
        text = FamilyText(of: wait, as: exposition)
        text.appendHead(to: &pieces)
        // Not all with the same bounds.
        for (index, bounds) in [[0.5, 1], [0.5, 1], [2, 3]].enumerated() {
            var histogram = Histogram(bounds: bounds)
            histogram.observe(0.25, times: UInt64(index))
            measurements.record(wait, ["\(index)"], histogram)
            text.append(["\(index)"], .histogram(histogram), to: &pieces)
        }
        exposition.appendEnd(to: &pieces)
        #expect(String(decoding: pieces, as: UTF8.self) == Self.whole(measurements, exposition))
        #expect(Self.whole(measurements, exposition).contains("wait_seconds_bucket{loop=\"2\",le=\"+Inf\"} 2\n"))
    }

    @Test(arguments: [
        (0.0, "0"), (-0.0, "0"), (1, "1"), (-1, "-1"), (10, "10"), (1_234_567_890, "1234567890"),
        (9_007_199_254_740_991, "9007199254740991"), (-9_007_199_254_740_991, "-9007199254740991"),
        (9_007_199_254_740_992, "9007199254740992.0"), (0.5, "0.5"), (-0.1, "-0.1"), (1e22, "1e+22"),
        (.leastNonzeroMagnitude, "5e-324"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
    ]) func `numbers are written as Go reads them`(number: Double, written: String) {
        #expect(Self.text(of: number) == written)
    }

    @Test func `numbers read back as they were`() {
        var random = SeededGenerator()
        for _ in 0..<2_000 {
            let bits = random.next()
            for number in [Double(bitPattern: bits), Double(bits >> (bits & 63)), -Double(bits >> 12)]
            where number.isFinite {
                #expect(Double(Self.text(of: number)) == number, "\(number)")
            }
        }
    }

    private static func text(of number: Double) -> String {
        var text: [UInt8] = []
        FamilyText(of: MetricFamily("x", .gauge, "X."), as: .prometheus).append([], number, to: &text)
        return String(decoding: text.dropFirst(2).dropLast(), as: UTF8.self)
    }

    private static func whole(_ measurements: Measurements, _ exposition: Exposition) -> String {
        String(decoding: exposition.text(of: measurements), as: UTF8.self)
    }
}
