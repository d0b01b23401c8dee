import Instruments
import Messaging
import TestKit
import Testing

@testable import RedisBroker

@Suite(.enabled(if: TestRedis.isThere, "needs ATALAYA_TEST_REDIS_URL"), .timeLimit(.minutes(2)))
struct RedisBrokerTests {
    @Test(arguments: BrokerContract.allCases)
    func `it keeps what every broker keeps`(clause: BrokerContract) async throws {
        let settings = TestRedis.settings(TestRedis.url!)
        let broker = try RedisBroker(
            settings: settings,
            patience: .seconds(5),
            instance: "test",
            loopIndex: 0,
            log: RecordingLog().log
        )
        try await clause.check(broker) { try! RoomName($0) }
    }

    @Test func `messages pass from instance to instance`() async throws {
        let settings = TestRedis.settings(TestRedis.url!)
        let (one, two) = (try Instance(settings), try Instance(settings))
        defer {
            one.broker.stop()
            two.broker.stop()
        }
        let room = try RoomName("lobby")
        try await one.becomeReady([room])
        try await two.becomeReady([room])
        one.publish(["a", "b"], to: room)
        two.publish(["c"], to: room)
        #expect(Set(try await one.messages(3, in: room)) == ["a", "b", "c"])
        #expect(Set(try await two.messages(3, in: room)) == ["a", "b", "c"])
        let (here, there) = (one.sink.record.messages, two.sink.record.messages)
        #expect(Set(here.map(\.id)) == Set(there.map(\.id)))
        #expect(here.allSatisfy { ($0.sender != nil) == ($0.payload != Array("c".utf8)) })
        #expect(here.allSatisfy { $0.publishedAt != nil })
    }

    @Test func `while the loops are behind no more is read, and afterwards nothing is missing`() async throws {
        let settings = TestRedis.settings(TestRedis.url!)
        let (one, two) = (try Instance(settings), try Instance(settings))
        defer {
            one.broker.stop()
            two.broker.stop()
        }
        let room = try RoomName("lobby")
        try await two.becomeReady([room])
        try await one.becomeReady([])
        two.sink.seen.change { $0.isBehind = true }
        // More than is read at once and than the sockets hold, and less than Redis keeps for a subscriber.
        let text = String(repeating: "x", count: 4000)
        let count = 1700
        one.publish((0..<count).map { "\($0) \(text)" }, to: room)
        try await one.receipts(count)
        #expect(two.sink.record.messages.count < count, "Redis has them, and they are not read")
        two.sink.seen.change { $0.isBehind = false }
        let heard = try await two.messages(count, in: room)
        #expect(heard.map { Int($0.prefix { $0 != " " }) } == (0..<count).map { $0 })
        #expect(two.broker.counts.gapMessages == 0 && two.broker.counts.reconnects == 0)
    }

    // MARK: - What others publish

    @Test func `any Redis client may publish: text where it is UTF-8, else binary`() async throws {
        let prefix = TestRedis.freshPrefix()
        let instance = try Instance(TestRedis.settings(TestRedis.url!, prefix: prefix))
        defer { instance.broker.stop() }
        let room = try RoomName("lobby")
        try await instance.becomeReady([room])
        let payloads = [Array("hello".utf8), [], [0xFF, 0xFE], Array("\u{1F600}".utf8), [0xFF, 0x41, 0x54]]
        for payload in payloads {
            try RawRedis.publish(payload, to: prefix + "room:lobby")
        }
        try await instance.messages(payloads.count, in: room)
        let messages = instance.sink.record.messages
        #expect(messages.map(\.payload) == payloads)
        #expect(messages.map(\.kind) == [.text, .text, .binary, .text, .binary])
        #expect(
            messages.allSatisfy { $0.from == nil && $0.sender == nil && $0.publishedAt == nil && $0.acceptedAt > 0 }
        )
        let ids = messages.map(\.id)
        #expect(ids == ids.sorted())
        #expect(Set(ids).count == payloads.count)
        let broker = instance.broker
        try await eventually("the messages") { broker.counts.received == UInt64(payloads.count) + 1 }
        #expect(broker.counts.errors == 0)
    }

    @Test func `what claims to be an envelope and cannot be read is counted and never delivered`() async throws {
        let prefix = TestRedis.freshPrefix()
        let instance = try Instance(TestRedis.settings(TestRedis.url!, prefix: prefix))
        defer { instance.broker.stop() }
        let room = try RoomName("lobby")
        try await instance.becomeReady([room])
        let stamp = BusStamp(origin: .random(), epoch: BusEpoch(id: 1, began: nil), number: 1)
        var elsewhere: [UInt8] = []
        let publication = Publication.of("x", to: try RoomName("elsewhere"))
        Envelope.append(publication.message, stamp: stamp, publishedAt: 1, to: &elsewhere)
        let later = EnvelopeFormat.magic + [2, 0, 0] + Array("of version 2".utf8)
        for payload in [later, EnvelopeFormat.magic, elsewhere, EnvelopeFormat.magic + [1, 0, 0]] {
            try RawRedis.publish(payload, to: prefix + "room:lobby")
        }
        try RawRedis.publish(Array("junk".utf8), to: prefix + "_tail")
        try RawRedis.publish(Array("junk".utf8), to: prefix + "_probe:0")
        try RawRedis.publish(Array("end".utf8), to: prefix + "room:lobby")
        #expect(try await instance.messages(1, in: room) == ["end"])
        let broker = instance.broker
        try await eventually("the count") { broker.counts.errors >= 5 }
        #expect(broker.counts.errors == 5)
        try await instance.log.wait(for: .unreadable) { $0.text(.error).contains("version 2") }
        #expect(broker.health == .up)
    }

    // MARK: - Connections

    @Test func `user, password, database and name are as the settings say`() async throws {
        let (user, password) = ("u@\(UInt64.random(in: 0 ... .max))", "p/w:%?#\(UInt64.random(in: 0 ... .max))")
        try RawRedis.command(
            "ACL",
            "SETUSER",
            user,
            "on",
            ">" + password,
            "resetchannels",
            "&test-*",
            "-@all",
            "+auth",
            "+select",
            "+client|setname",
            "+ping",
            "+publish",
            "+subscribe",
            "+unsubscribe"
        )
        defer { _ = try? RawRedis.command("ACL", "DELUSER", user) }
        let encoded = { (text: String) in text.utf8.map { "%" + String($0, radix: 16) }.joined() }
        let url = "redis://\(encoded(user)):\(encoded(password))@localhost:\(TestRedis.port)/3"
        let instance = try Instance(TestRedis.settings(url), name: "named \(user)")
        defer { instance.broker.stop() }
        let room = try RoomName("lobby")
        try await instance.becomeReady([room])
        instance.publish(["in"], to: room)
        try await instance.messages(1, in: room)
        guard case .bulk(let list) = try RawRedis.command("CLIENT", "LIST") else {
            Issue.record("no list")
            return
        }
        let lines = list.text.split(separator: "\n").filter { $0.contains("name=atalaya-named-\(user)-") }
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { $0.contains(" db=3 ") })
        #expect(lines.contains { $0.contains("-publish ") })
        #expect(lines.contains { $0.contains("-subscribe ") })
        #expect(!instance.log.text.contains(password))
    }

    @Test func `a wrong password is told, without it, and tried again`() async throws {
        let user = "u\(UInt64.random(in: 0 ... .max))"
        let url = "redis://\(user):n0tthis@127.0.0.1:\(TestRedis.port)"
        let instance = try Instance(TestRedis.settings(url))
        defer { instance.broker.stop() }
        try await instance.log.wait(for: .attemptFailed) { $0.text(.reason).contains("refused user or password") }
        try await instance.log.wait(for: .attemptFailedAgain)
        #expect(!instance.log.text.contains("n0tthis"))
        let broker = instance.broker
        try await eventually("the reason") { "\(broker.health)".contains("refused user or password") }
        #expect(!"\(broker.health)".contains("n0tthis"))
        // As soon as the password is right, the broker is up.
        try RawRedis.command("ACL", "SETUSER", user, "on", ">n0tthis", "&*", "+@all")
        defer { _ = try? RawRedis.command("ACL", "DELUSER", user) }
        try await instance.becomeReady()
        try await eventually("the broker to be up") { broker.health == .up }
    }

    @Test func `an instance with many rooms has them all again after its connections were killed`() async throws {
        let settings = TestRedis.settings(TestRedis.url!)
        let name = "many\(UInt64.random(in: 0 ... .max))"
        let (instance, other) = (try Instance(settings, name: name), try Instance(settings))
        defer {
            instance.broker.stop()
            other.broker.stop()
        }
        let rooms = try (0..<3000).map { try RoomName("room\($0)") }
        try await instance.becomeReady(rooms)
        try await other.becomeReady()
        let broker = instance.broker
        try await eventually("the count") { broker.counts.subscriptions == rooms.count + 1 }
        guard case .bulk(let list) = try RawRedis.command("CLIENT", "LIST") else {
            Issue.record("no list")
            return
        }
        for line in list.text.split(separator: "\n") where line.contains("name=atalaya-\(name)-") {
            try RawRedis.command("CLIENT", "KILL", "ID", String(line.split(separator: " ")[0].dropFirst(3)))
        }
        try await eventually("the subscriptions") {
            broker.counts.reconnects == 2 && broker.counts.subscriptions == rooms.count + 1
        }
        other.broker.publish(rooms.map { .of("x", to: $0) })
        try await instance.sink.seen.wait(for: "a message in each") { $0.messages.count == rooms.count }
        #expect(broker.counts.gapMessages == 0 && broker.counts.duplicates == 0)
    }

    @Test func `large and small messages pass`() async throws {
        let instance = try Instance(TestRedis.settings(TestRedis.url!))
        defer { instance.broker.stop() }
        let room = try RoomName("lobby")
        try await instance.becomeReady([room])
        let sizes = [0, 1, 100, 16_384, 65_536, 1 << 20, 9 << 20, 3]
        instance.broker.publish(sizes.map { .of(String(repeating: "x", count: $0), to: room) })
        try await instance.messages(sizes.count, in: room)
        #expect(instance.sink.record.messages.map(\.payload.count) == sizes)
    }

    @Test func `a PING is timed`() async throws {
        let instance = try Instance(TestRedis.settings(TestRedis.url!, pingInterval: "200ms"))
        defer { instance.broker.stop() }
        let broker = instance.broker
        try await eventually("some PINGs") { broker.counts.rtt.count >= 4 }
    }
}
