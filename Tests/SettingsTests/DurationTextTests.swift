import Testing

@testable import Settings

@Suite struct DurationTextTests {
    @Test(arguments: [
        ("250ms", Duration.milliseconds(250)), ("25s", .seconds(25)), ("2m", .seconds(120)), ("1h", .seconds(3600)),
        ("0", .zero), ("0s", .zero), ("-5s", .seconds(-5)), ("1500ms", .milliseconds(1500)),
    ])
    func `durations are read`(text: String, duration: Duration) {
        #expect(DurationText.parse(text) == duration)
    }

    @Test(arguments: [
        "", "25", "s", "25 s", " 25s", "25s ", "25S", "25sec", "1d", "1.5s", "1e3s", "+1s", "--1s", "-", "1m30s", "٢s",
        "1s\n", "0x1s", "١٢",
    ])
    func `what is no duration is not guessed at`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(arguments: ["9223372036854775807h", "99999999999999999999999s", "9223372036854775807ms"])
    func `a duration that does not fit is the longest there is`(text: String) {
        #expect(DurationText.parse(text) == .milliseconds(Int64.max))
        #expect(DurationText.parse("-" + text).map { $0 < .seconds(-9_000_000_000_000_000) } == true)
    }

    @Test(arguments: [
        (Duration.zero, "0s"), (.milliseconds(250), "250ms"), (.seconds(25), "25s"), (.seconds(90), "90s"),
        (.seconds(120), "2m"), (.seconds(7200), "2h"), (.milliseconds(-1500), "-1500ms"), (.microseconds(1), "0s"),
        (.seconds(Int64.max), "9223372036854775807s"),
    ])
    func `durations are shown in the largest unit that divides them`(duration: Duration, text: String) {
        #expect(DurationText.show(duration) == text)
    }
}
