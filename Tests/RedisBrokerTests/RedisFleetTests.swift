import Instruments
import Messaging
import TestKit
import Testing

@testable import RedisBroker

/// The fleet channel over a real Redis.
@Suite(.enabled(if: TestRedis.isThere, "needs ATALAYA_TEST_REDIS_URL"), .timeLimit(.minutes(2)))
struct RedisFleetTests {
    private let prefix = TestRedis.freshPrefix()

    private var settings: RedisSettings { TestRedis.settings(TestRedis.url!, prefix: self.prefix) }
    private var channel: String { self.prefix + "_fleet" }

    private func instance(
        _ name: String,
        over proxy: RedisProxy? = nil,
        secret: String? = "a secret of sixteen bytes",
        prepare: @escaping @Sendable () async -> Void = {}
    ) throws -> FleetInstance {
        let settings = proxy.map { TestRedis.settings($0.url, prefix: self.prefix) } ?? self.settings
        return try FleetInstance(name, settings, secret: secret, prepare: prepare)
    }

    // MARK: - Asking

    @Test func `each asks the other, and both answers are there`() async throws {
        let (one, two) = (try self.instance("one"), try self.instance("two"))
        defer {
            one.broker.stop()
            two.broker.stop()
        }
        try await one.knows("two")
        try await two.knows("one")
        for instance in [one, two] {
            for subject in FleetSubject.allCases {
                let answers = try await instance.ask(subject, "alice")
                #expect(answers.texts == ["one alice", "two alice"])
                #expect(answers.isComplete)
            }
        }
        #expect(one.asked.state == two.asked.state)
        #expect(one.rejected == [:])
        #expect(two.rejected == [:])
        #expect(two.log.text.contains("fleet.peer_came"))
    }

    @Test func `many questions at once are all answered, or refused for a reason`() async throws {
        let (one, two) = (try self.instance("one"), try self.instance("two"))
        defer {
            one.broker.stop()
            two.broker.stop()
        }
        try await one.knows("two")
        let all = await withTaskGroup(of: FleetAnswers?.self) { group in
            for number in 0..<200 {
                group.addTask { try? await one.ask(.explain, "\(number)") }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(all.count == 200)
        for case let answers? in all {
            let reasons = answers.refusals.map(\.reason)
            #expect(answers.isComplete || reasons.contains(.busy))
        }
        let after = try await one.ask()
        #expect(after.isComplete)
    }

    @Test func `one that is killed is named, and not waited for`() async throws {
        let proxy = try RedisProxy(to: TestRedis.port)
        let (one, two) = (try self.instance("one"), try self.instance("two", over: proxy))
        defer {
            one.broker.stop()
            two.broker.stop()
            proxy.stop()
        }
        try await one.knows("two")
        try await two.knows("one")
        proxy.control { $0.refuses = true }
        proxy.cut()
        try await eventually("Redis has noticed") {
            let counted = try? RawRedis.command("PUBSUB", "NUMSUB", self.channel)
            return counted == .array([.bulk(Array(self.channel.utf8)), .integer(1)])
        }
        let begun = ContinuousClock.now
        let answers = try await one.ask()
        #expect(ContinuousClock.now - begun < FleetLimits.patient.patience)
        #expect(answers.texts == ["one ?"])
        #expect(answers.unanswered == ["two"])
        #expect(!answers.isComplete)
        // And the one that is cut off has its own answer.
        try await eventually("two has noticed") { two.broker.health != .up }
        let alone = try await two.ask()
        #expect(alone.texts == ["two ?"])
        #expect(alone.unanswered == ["one"])
        #expect(!alone.isComplete)
        proxy.control { $0.refuses = false }
        try await two.isUp()
        let healed = try await one.ask()
        #expect(healed.texts == ["one ?", "two ?"])
        #expect(healed.isComplete)
    }

    @Test func `one that is frozen is waited for, and then named`() async throws {
        let proxy = try RedisProxy(to: TestRedis.port)
        let (one, two) = (try self.instance("one"), try self.instance("two", over: proxy))
        defer {
            one.broker.stop()
            two.broker.stop()
            proxy.stop()
        }
        try await one.knows("two")
        proxy.control { $0.isSilent = true }
        let begun = ContinuousClock.now
        let answers = try await one.ask(within: .seconds(6))
        #expect(ContinuousClock.now - begun >= .seconds(6))
        #expect(answers.texts == ["one ?"])
        #expect(answers.unanswered == ["two"])
        #expect(!answers.isComplete)
    }

    @Test func `one whose answer is not ready in time is named, and hears that it is not waited for`() async throws {
        let cancelled = Observed(false)
        let one = try self.instance("one")
        let two = try self.instance("two") {
            await withTaskCancellationHandler {
                // Much longer than anybody waits for it.
                try? await Task.sleep(for: .seconds(300))
            } onCancel: {
                cancelled.change { $0 = true }
            }
        }
        defer {
            one.broker.stop()
            two.broker.stop()
        }
        try await one.knows("two")
        let answers = try await one.ask(within: .seconds(2))
        #expect(answers.texts == ["one ?"])
        #expect(answers.unanswered == ["two"])
        #expect(cancelled.state == false)
        try await cancelled.wait(for: "the end of patience", atMost: .seconds(60)) { $0 }
    }

    @Test func `an instance that stops says goodbye and answers whoever asks it`() async throws {
        let (one, two) = (try self.instance("one"), try self.instance("two"))
        defer { one.broker.stop() }
        try await one.knows("two")
        try await two.knows("one")
        two.broker.stop()
        try await eventually("one has heard the goodbye") { one.broker.fleet.peers.isEmpty }
        #expect(one.log.text.contains("fleet.peer_left"))
        let answers = try await one.ask()
        #expect(answers.isComplete)
        let stopped = try await two.ask()
        #expect(stopped.refusals == [FleetAnswers.Refusal(instance: "two", reason: .failed)])
    }

    @Test func `whoever waits when the instance stops is answered`() async throws {
        let never = Observed(false)
        let one = try self.instance("one") { _ = try? await never.wait(for: "the test's end") { $0 } }
        try await one.isUp()
        async let answers = one.ask()
        try await one.asked.wait(for: "the question") { !$0.isEmpty }
        one.broker.stop()
        #expect(try await answers.isComplete == false)
        never.change { $0 = true }
    }

    // MARK: - Keys

    @Test func `whoever has another secret is not heard, and counted`() async throws {
        let (one, two) = (try self.instance("one"), try self.instance("two", secret: "another secret of bytes"))
        defer {
            one.broker.stop()
            two.broker.stop()
        }
        for instance in [one, two] {
            try await eventually("the other's heartbeat") { instance.rejected[.badSignature] ?? 0 > 0 }
        }
        let answers = try await one.ask(.close, within: .seconds(2))
        #expect(answers.texts == ["one ?"])
        #expect(!answers.isComplete)
        #expect(answers.unanswered == [])
        #expect(two.asked.state == [])
        #expect(one.broker.fleet.peers == [])
        #expect(two.log.text.contains("fleet.message_rejected"))
        #expect(two.log.text.contains("bad_signature"))
    }

    @Test func `without a secret what reads is answered, and commands stay at home`() async throws {
        let (one, two) = (try self.instance("one", secret: nil), try self.instance("two", secret: nil))
        defer {
            one.broker.stop()
            two.broker.stop()
        }
        try await one.knows("two")
        let reading = try await one.ask(.explain)
        #expect(reading.texts == ["one ?", "two ?"])
        #expect(reading.isComplete)
        let command = try await one.ask(.close)
        #expect(command.texts == ["one ?"])
        #expect(command.unanswered == ["two"])
        #expect(!command.isComplete)
        #expect(two.asked.state.map(\.subject) == [.explain])
    }

    // MARK: - Strangers

    @Test func `a captured command that is published again is not obeyed again`() async throws {
        let (one, two) = (try self.instance("one"), try self.instance("two"))
        defer {
            one.broker.stop()
            two.broker.stop()
        }
        try await one.knows("two")
        let ear = try RawSubscriber(to: self.channel)
        // The listener is counted as a connection that does not answer.
        let answers = try await one.ask(.close, "alice", within: .seconds(2))
        #expect(answers.texts == ["one alice", "two alice"])
        #expect(!answers.isComplete)
        let captured = try ear.messages()
        #expect(captured.count >= 2)
        for _ in 0..<3 {
            try await RawRedis.publish(captured, to: self.channel)
        }
        let repeats = UInt64(3 * captured.count)
        try await eventually("all repeats are counted") { two.rejected == [.stale: repeats] }
        #expect(one.asked.state.count == 1)
        #expect(two.asked.state.count == 1)
    }

    @Test(arguments: ["a secret of sixteen bytes", nil])
    func `whatever strangers publish is counted and changes nothing`(secret: String?) async throws {
        let (one, two) = (try self.instance("one", secret: secret), try self.instance("two", secret: secret))
        defer {
            one.broker.stop()
            two.broker.stop()
        }
        try await one.knows("two")
        try await two.knows("one")
        let ear = try RawSubscriber(to: self.channel)
        _ = try await one.ask(.explain, "sample", within: .seconds(1))
        let samples = try ear.messages()
        ear.close()
        var chance = SeededGenerator()
        let count = 3000
        let before = two.asked.state.count
        let messages = (0..<count).map { number -> [UInt8] in
            var bytes = samples[number % samples.count]
            switch Int.random(in: 0..<3, using: &chance) {
            case 0:
                let length = number == 0 ? 3 << 20 : Int.random(in: 0..<500, using: &chance)
                return (0..<length).map { _ in UInt8.random(in: 0...255, using: &chance) }
            case 1:
                bytes.removeLast(Int.random(in: 1...bytes.count, using: &chance))
                return bytes
            default:
                for _ in 0...Int.random(in: 0..<4, using: &chance) {
                    bytes[Int.random(in: 0..<bytes.count, using: &chance)] ^= UInt8.random(in: 1...255, using: &chance)
                }
                return bytes
            }
        }
        try await RawRedis.publish(messages, to: self.channel)
        var answers = try await one.ask(.explain, "after")
        // Without a key anybody may ask, and for a moment there may be more questions than are answered at once.
        for _ in 0..<20 where secret == nil && !answers.texts.contains("one after") {
            answers = try await one.ask(.explain, "after")
        }
        #expect(answers.texts.contains("one after"))
        if secret != nil {
            #expect(answers.texts == ["one after", "two after"])
            #expect(answers.isComplete)
            try await eventually("all are counted") { two.broker.fleet.rejected.sum >= UInt64(count) }
            #expect(two.broker.fleet.rejected.sum == UInt64(count))
            #expect(two.asked.state.count == before + 1)
            #expect(two.broker.fleet.peers.map(\.instance) == ["one"])
        }
        #expect(two.asked.state.allSatisfy { $0.subject == .explain })
        let lines = two.log.records.state.count { $0.event == "fleet.message_rejected" }
        #expect(lines <= 4 * 12, "at most one line in ten seconds for each reason")
    }
}
