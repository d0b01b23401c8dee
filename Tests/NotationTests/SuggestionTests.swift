import Testing

@testable import Notation

@Suite struct SuggestionTests {
    private static let keys = [
        "public.port", "management.port", "heartbeat.interval", "heartbeat.timeout", "limits.messageBytes", "redis.url",
        "redis.prefix", "queue.bytes", "queue.age", "log.level",
    ]

    @Test(arguments: [
        ("heartbeat.intervall", "heartbeat.interval"),
        ("hearbeat.interval", "heartbeat.interval"),
        ("heartbeat.itnerval", "heartbeat.interval"),
        ("heartbeat_interval", "heartbeat.interval"),
        ("HEARTBEAT.INTERVAL", "heartbeat.interval"),
        ("limits.message_bytes", "limits.messageBytes"),
        ("limits.messagebytes", "limits.messageBytes"),
        ("redis.uri", "redis.url"),
        ("queue.byte", "queue.bytes"),
        ("prefix", "redis.prefix"),
        ("transport.queue.age", "queue.age"),
    ])
    func `a name that is nearly right leads to the right one`(written: String, meant: String) {
        #expect(Suggestion.nearest(to: written, among: Self.keys) == meant)
    }

    @Test(arguments: ["port", "nats.url", "completely.different", "", ".", "a", "socketio.pingInterval"])
    func `a name that is near to none, or to several, leads nowhere`(written: String) {
        #expect(Suggestion.nearest(to: written, among: Self.keys) == nil)
    }

    @Test func `what is longer than any name leads nowhere`() {
        #expect(Suggestion.nearest(to: String(repeating: "a", count: 200), among: ["a", "b"]) == nil)
    }

    @Test func `a question ends a sentence, where there is something to ask`() {
        #expect(Suggestion.question("publish") == "; did you mean publish?")
        #expect(Suggestion.question(nil) == "")
    }

    @Test func `a name of only a few letters is not suggested for another of which nothing is left`() {
        #expect(Suggestion.nearest(to: "xy", among: ["a"]) == nil)
    }

    @Test(arguments: [
        ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("abc", "abd", 1), ("abc", "acb", 1),
        ("abc", "ab", 1), ("kitten", "sitting", 3),
    ])
    func `distance counts inserts, deletes, replacements and swaps`(from: String, to: String, edits: Int) {
        #expect(Suggestion.distance(Array(from), Array(to)) == edits)
        #expect(Suggestion.distance(Array(to), Array(from)) == edits)
    }
}
