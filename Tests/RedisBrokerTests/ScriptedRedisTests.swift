import Instruments
import Messaging
import Reactor
import RedisBroker
import TestKit
import Testing

/// What Redis can answer, and what a broker makes of it.
///
/// Needs no Redis.
@Suite(.timeLimit(.minutes(2)))
struct ScriptedRedisTests {
    private static let room = try! RoomName("lobby")

    private static func start(_ redis: ScriptedRedis, patience: Duration = .seconds(20)) throws -> Instance {
        try Instance(TestRedis.settings(redis.url, ["redis.connectTimeout": "1s"]), patience: patience)
    }

    @Test(arguments: BrokerContract.allCases)
    func `the miniature is Redis enough`(clause: BrokerContract) async throws {
        let redis = try ScriptedRedis()
        let settings = TestRedis.settings(redis.url)
        let broker = try RedisBroker(
            settings: settings,
            patience: .seconds(5),
            instance: "test",
            loopIndex: 0,
            log: RecordingLog().log
        )
        try await clause.check(broker) { try! RoomName($0) }
        redis.stop()
    }

    private static let refusals: [(command: String, answer: String, told: String)] = [
        ("PING", "-NOAUTH Authentication required.\r\n", "Redis asks for a password"),
        ("PING", "-MASTERDOWN Link with MASTER is down\r\n", "has lost its primary"),
        ("PING", "+PING\r\n", "nothing had asked for"),
        ("PING", "HTTP/1.1 400 Bad Request\r\n\r\n", "no answer of Redis"),
        ("CLIENT", "close", "the connection was lost"),
        ("SUBSCRIBE", "-NOPERM this user has no permissions to run the 'subscribe' command\r\n", "the ACL"),
        ("SUBSCRIBE", "-MOVED 1234 10.0.0.1:6379\r\n", "Redis Cluster"),
        ("SUBSCRIBE", ":1\r\n", "nothing had asked for"),
        ("SUBSCRIBE", "*3\r\n$3\r\nfoo\r\n$3\r\nbar\r\n:1\r\n", "nothing had asked for"),
        ("SUBSCRIBE", "*1000000000\r\n", "no answer of Redis"),
    ]

    @Test(arguments: refusals)
    func `what cannot work is told and tried again until it can`(
        command: String,
        answer: String,
        told: String
    ) async throws {
        let redis = try ScriptedRedis()
        redis.answer { $0.first == command ? answer : nil }
        let instance = try Self.start(redis)
        let events: [RedisEvent] = [.attemptFailed, .connectionLost]
        try await instance.log.records.wait(for: told) { records in
            records.contains { record in
                events.contains { $0.rawValue == record.event } && record.text(.reason).contains(told)
            }
        }
        instance.publish(["early"], to: try RoomName("elsewhere"))
        redis.answer { _ in nil }
        #expect(try await instance.receipts(1).map(\.result) == [.accepted])
        try await instance.becomeReady([Self.room])
        instance.publish(["x"], to: Self.room)
        #expect(try await instance.messages(1, in: Self.room) == ["x"])
        instance.broker.stop()
        redis.stop()
    }

    @Test func `what connects and says nothing is given up`() async throws {
        let redis = try ScriptedRedis()
        redis.answer { _ in "" }
        let instance = try Self.start(redis)
        try await instance.log.wait(for: .attemptFailed) { $0.text(.reason).contains("nothing that speaks Redis") }
        redis.answer { _ in nil }
        try await instance.becomeReady()
        instance.broker.stop()
        redis.stop()
    }

    @Test func `a host or port that is not there is told with its name`() async throws {
        let redis = try ScriptedRedis()
        redis.stop()
        let nobody = try Instance(TestRedis.settings(redis.url))
        try await nobody.log.wait(for: .attemptFailed) {
            $0.text(.reason).contains("127.0.0.1:\(redis.port) cannot be connected to: connection refused")
        }
        let nowhere = try Instance(TestRedis.settings("redis://no-such-host.invalid"))
        try await nowhere.log.wait(for: .attemptFailed) { $0.text(.reason).contains("no-such-host.invalid") }
        nobody.broker.stop()
        nowhere.broker.stop()
    }

    @Test func `one refused publication is unavailable, and the connection stays`() async throws {
        let redis = try ScriptedRedis()
        let instance = try Self.start(redis)
        try await instance.becomeReady([Self.room])
        redis.answer { command in
            command.first == "PUBLISH" && command[2].hasSuffix("no") ? "-BUSY Redis is busy running a script.\r\n" : nil
        }
        let publications = ["a", "no", "b"].map { Publication.of($0, to: Self.room) }
        instance.broker.publish(publications)
        let receipts = try await instance.receipts(3)
        #expect(receipts.map(\.id) == publications.map(\.message.id))
        #expect(receipts.map(\.result) == [.accepted, .unavailable, .accepted])
        #expect(try await instance.messages(2, in: Self.room) == ["a", "b"])
        try await instance.log.wait(for: .refused) { $0.text(.error).contains("busy with a script") }
        let broker = instance.broker
        try await eventually("the count") { broker.counts.errors == 1 }
        #expect(broker.counts.reconnects == 0)
        // "b" was under way behind the refused one, which therefore looks like a hole; but the refused number has ended
        // its epoch, so nothing of the next one does.
        try await eventually("the hole") { broker.counts.gapMessages == 1 }
        redis.answer { _ in nil }
        instance.publish(["c", "d"], to: Self.room)
        try await instance.messages(4, in: Self.room)
        #expect(broker.counts.gapMessages == 1)
        broker.stop()
        redis.stop()
    }

    private static let concerningAll = [
        "-READONLY You can't write against a read only replica.\r\n", "-NOAUTH Authentication required.\r\n",
        "-MOVED 1234 10.0.0.1:6379\r\n",
    ]

    @Test(arguments: concerningAll)
    func `an answer that concerns the whole connection makes it anew, and all is published then`(answer: String)
        async throws
    {
        let redis = try ScriptedRedis()
        let instance = try Self.start(redis)
        try await instance.becomeReady([Self.room])
        redis.answer { $0.first == "PUBLISH" ? answer : nil }
        let texts = (0..<50).map { "\($0)" }
        instance.publish(texts, to: Self.room)
        try await instance.log.wait(for: .connectionLost) { $0.text(.reason).hasPrefix("publish: ") }
        redis.answer { _ in nil }
        #expect(try await instance.receipts(50).allSatisfy { $0.result == .accepted })
        #expect(try await instance.messages(50, in: Self.room) == texts)
        instance.broker.stop()
        redis.stop()
    }

    @Test func `patience that runs out refuses what waits and what is unanswered, and new epochs begin`() async throws {
        let redis = try ScriptedRedis()
        let instance = try Self.start(redis, patience: .milliseconds(300))
        try await instance.becomeReady([Self.room])
        instance.publish(["a"], to: Self.room)
        try await instance.receipts(1)
        #expect(!instance.broker.isHolding)
        redis.answer { $0.first == "PUBLISH" ? "" : $0.first == "PING" ? "close" : nil }
        instance.publish(["b"], to: Self.room)
        try await redis.controls.wait(for: "the publication") {
            $0.commands.contains { $0.first == "PUBLISH" && $0[1].hasSuffix("room:lobby") && $0[2].hasSuffix("b") }
        }
        redis.cut()
        let broker = instance.broker
        try await eventually("holding") { broker.isHolding }
        instance.publish(["c"], to: Self.room)
        #expect(try await instance.receipts(3).map(\.result) == [.accepted, .unavailable, .unavailable])
        redis.answer { _ in nil }
        try await eventually("the end of it") { broker.health == .up && !broker.isHolding }
        instance.publish(["d"], to: Self.room)
        #expect(try await instance.messages(2, in: Self.room) == ["a", "d"])
        let last = redis.controls.state.commands.filter { $0.first == "PUBLISH" && $0[1].hasSuffix("room:lobby") }
        // An announcement, which comes a second after the last message, has no payload, and so ends with a NUL.
        #expect(last.compactMap { $0[2].last }.filter { $0 != "\0" } == ["a", "b", "d"])
        #expect(broker.counts.gapMessages == 0)
        broker.stop()
        redis.stop()
    }

    @Test func `answers that nothing had asked for make the connection anew`() async throws {
        let redis = try ScriptedRedis()
        let instance = try Self.start(redis)
        try await instance.becomeReady([Self.room])
        redis.answer { command in
            command.first == "PUBLISH" && command[1].contains("room:") ? ":1\r\n:1\r\n:1\r\n" : nil
        }
        instance.publish(["a"], to: Self.room)
        #expect(try await instance.receipts(1).map(\.result) == [.accepted])
        try await instance.log.wait(for: .connectionLost) { $0.text(.reason).contains("nothing had asked for") }
        redis.answer { _ in nil }
        try await instance.becomeReady()
        instance.broker.stop()
        redis.stop()
    }

    @Test func `rooms are subscribed to in bounded commands, the inner channels first`() async throws {
        let redis = try ScriptedRedis()
        let instance = try Self.start(redis)
        let rooms = try (0..<2000).map { try RoomName("room\($0)") }
        try await instance.becomeReady(rooms)
        let commands = redis.controls.state.commands.filter { $0.first == "SUBSCRIBE" }
        let first = commands.first ?? []
        #expect(first.contains { $0.hasSuffix("_tail") })
        #expect(commands.allSatisfy { $0.count <= 257 })
        // The rooms, the one it became ready with, and three inner channels.
        let channels = commands.reduce(0) { $0 + $1.count - 1 }
        #expect(channels == 2004)
        instance.broker.stop()
        redis.stop()
    }

    @Test func `a subscription that Redis ends by itself is made anew`() async throws {
        let redis = try ScriptedRedis()
        let instance = try Self.start(redis)
        try await instance.becomeReady([Self.room])
        let channel = redis.controls.state.commands.compactMap { command in
            command.first == "SUBSCRIBE" ? command.first { $0.hasSuffix("room:lobby") } : nil
        }[0]
        redis.answer { command in
            guard command.first == "SUBSCRIBE", command.contains(where: { $0.hasSuffix("room:other") }) else {
                return nil
            }
            return "*3\r\n$11\r\nunsubscribe\r\n$\(channel.utf8.count)\r\n\(channel)\r\n:2\r\n"
        }
        instance.sink.want([try RoomName("other")], instance.broker)
        try await instance.log.wait(for: .connectionLost) {
            $0.text(.reason).contains("ended the subscription of a room")
        }
        redis.answer { _ in nil }
        let broker = instance.broker
        try await eventually("the subscriptions") { broker.counts.reconnects > 0 && broker.counts.subscriptions == 3 }
        instance.broker.stop()
        redis.stop()
    }

    @Test func `the event loop may be another's, who ends it after the broker`() async throws {
        let redis = try ScriptedRedis()
        let loop = try EventLoop(index: 0, name: "given", configuration: EventLoopConfiguration())
        loop.start()
        let settings = TestRedis.settings(redis.url)
        let broker = RedisBroker(
            settings: settings,
            patience: .seconds(5),
            instance: "test",
            loop: loop,
            log: RecordingLog().log
        )
        try await BrokerContract.stopAnswersAll.check(broker) { try! RoomName($0) }
        loop.stop()
        loop.join()
        let sink = RecordingSink()
        let late = RedisBroker(
            settings: settings,
            patience: .seconds(5),
            instance: "test",
            loop: loop,
            log: RecordingLog().log
        )
        late.start(delivering: sink)
        late.publish([.of("x", to: Self.room)])
        #expect(sink.record.receipts.map(\.result) == [.unavailable])
        redis.stop()
    }

    @Test func `what is asked for before the start is done after it`() async throws {
        let redis = try ScriptedRedis()
        let settings = TestRedis.settings(redis.url)
        let broker = try RedisBroker(
            settings: settings,
            patience: .seconds(5),
            instance: "test",
            loopIndex: 0,
            log: RecordingLog().log
        )
        let sink = RecordingSink(wanting: [Self.room])
        broker.reconsider([Self.room])
        broker.publish([.of("x", to: Self.room)])
        broker.start(delivering: sink)
        let record = try await sink.seen.wait(for: "both") { !$0.subscribed.isEmpty && !$0.receipts.isEmpty }
        #expect(record.subscribed.first == Self.room)
        #expect(record.receipts.map(\.result) == [.accepted])
        broker.stop()
        redis.stop()
    }

    @Test func `stopping while nothing can be reached answers and ends`() async throws {
        let redis = try ScriptedRedis()
        redis.answer { _ in "" }
        let instance = try Self.start(redis)
        instance.publish(["a"], to: Self.room)
        instance.broker.stop()
        instance.publish(["b"], to: Self.room)
        #expect(try await instance.receipts(2).allSatisfy { $0.result == .unavailable })
        instance.broker.stop()
        redis.stop()
    }
}
