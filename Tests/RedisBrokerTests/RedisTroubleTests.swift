import Foundation
import Instruments
import Messaging
import TestKit
import Testing

@testable import RedisBroker

/// A real Redis that denies, cannot save or is a replica.
@Suite(.enabled(if: TestRedis.isThere, "needs redis-server"), .timeLimit(.minutes(2)))
struct RedisTroubleTests {
    private static func room(_ name: String) -> RoomName { try! RoomName(name) }

    /// A Redis with a user whom a test's ACL describes.
    private static func guarded(_ rules: String) async throws -> (OwnRedis, String) {
        let redis = try OwnRedis()
        try await redis.start()
        try redis.run("ACL SETUSER gateway reset on >secret resetchannels -@all " + rules)
        return (redis, "redis://gateway:secret@127.0.0.1:\(redis.port)")
    }

    private static let commands = "+client|setname +ping +time +publish +subscribe +unsubscribe"

    private static func errors(_ instance: Instance, saying text: String) -> Int {
        instance.log.records.state.count { $0.event == RedisEvent.refused.rawValue && $0.text(.error).contains(text) }
    }

    @Test func `a room that the ACL denies is refused, and the others of its command are subscribed to`() async throws {
        let (redis, url) = try await Self.guarded("&p:_* &p:room:chat.* " + Self.commands)
        let instance = try Instance(TestRedis.settings(url, prefix: "p:", pingInterval: "100ms"))
        let broker = instance.broker
        try await eventually("the connection") { broker.health == .up }
        let allowed = (0..<300).map { Self.room("chat.\($0)") }
        let denied = [Self.room("other"), Self.room("another")]
        instance.sink.want(allowed + denied, broker)
        let record = try await instance.sink.seen.wait(for: "all rooms' answers") {
            Set($0.subscribed).count == 300 && Set($0.refused).count == 2
        }
        #expect(Set(record.refused) == Set(denied) && Set(record.subscribed) == Set(allowed))
        instance.sink.leave(denied, broker)
        instance.publish(["x"], to: allowed[0])
        instance.publish(["y"], to: denied[0])
        #expect(try await instance.receipts(2).map(\.result) == [.accepted, .forbidden])
        #expect(try await instance.messages(1, in: allowed[0]) == ["x"])
        // Some pings later, nothing was lost or asked for again: two rooms and one publication.
        let pings = broker.counts.rtt.count
        try await eventually("some pings") { broker.counts.rtt.count > pings + 8 }
        #expect(broker.counts.reconnects == 0 && broker.counts.errors == 3)
        #expect(broker.counts.subscriptions == 300 && broker.health == .up)
        #expect(Self.errors(instance, saying: "the ACL of the Redis user") == 3)
        // Once it is allowed, it can be had.
        try redis.run("ACL SETUSER gateway &p:room:other")
        try await instance.sink.enter([denied[0]], broker)
        broker.stop()
        await redis.kill()
    }

    @Test(arguments: ["_tail", "_fleet", "_probe:"])
    func `an inner channel that the ACL denies costs what it serves, and one line`(denied: String) async throws {
        let inner = ["_tail", "_fleet", "_probe:"].filter { $0 != denied }.map { "&p:\($0)*" }.joined(separator: " ")
        let (redis, url) = try await Self.guarded("&p:room:* \(inner) " + Self.commands)
        let instance = try Instance(TestRedis.settings(url, prefix: "p:", pingInterval: "100ms"))
        let broker = instance.broker
        try await instance.becomeReady([Self.room("a")])
        instance.publish(["x"], to: Self.room("a"))
        #expect(try await instance.messages(1, in: Self.room("a")) == ["x"])
        let pings = broker.counts.rtt.count
        try await eventually("some pings") { broker.counts.rtt.count > pings + 8 }
        #expect(broker.health == .up && broker.counts.reconnects == 0)
        #expect(Self.errors(instance, saying: "p:" + denied) == 1)
        #expect(broker.counts.errors == 1)
        broker.stop()
        await redis.kill()
    }

    @Test func `a user with SUBSCRIBE and PUBLISH alone has rooms`() async throws {
        let (redis, url) = try await Self.guarded("&p:* +publish +subscribe")
        let instance = try Instance(TestRedis.settings(url + "/3", prefix: "p:", pingInterval: "100ms"))
        let broker = instance.broker
        try await instance.becomeReady([Self.room("a")])
        instance.publish(["x"], to: Self.room("a"))
        #expect(try await instance.messages(1, in: Self.room("a")) == ["x"])
        instance.sink.leave([Self.room("a")], broker)
        try await instance.sink.enter([Self.room("b")], broker)
        let pings = broker.counts.rtt.count
        try await eventually("some pings") { broker.counts.rtt.count > pings + 8 }
        #expect(broker.health == .up && broker.counts.reconnects == 0)
        for command in ["'select'", "'client|setname'", "'ping'"] {
            #expect(Self.errors(instance, saying: command) == 2, "\(command)")
        }
        #expect(Self.errors(instance, saying: "'time'") == 1)
        broker.stop()
        await redis.kill()
    }

    @Test func `the users of docs/wire-format.md may do what they need, and no more`() async throws {
        let redis = try OwnRedis()
        try await redis.start()
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = root.deletingLastPathComponent().appending(path: "docs/wire-format.md")
        let page = try String(contentsOf: file, encoding: .utf8)
        let lines = page.split(separator: "\n").filter { $0.hasPrefix("ACL SETUSER ") }
        #expect(lines.count == 2)
        for line in lines {
            let words = line.split(separator: " ").map { Array($0.utf8) }
            #expect(try RawRedis.command(words, port: redis.port) == .status("OK"))
        }
        let settings = TestRedis.settings(
            "redis://atalaya:password@127.0.0.1:\(redis.port)/1",
            prefix: "atalaya:",
            pingInterval: "100ms"
        )
        let instance = try Instance(settings)
        let broker = instance.broker
        try await instance.becomeReady([Self.room("a")])
        let publisher = "AUTH publisher password"
        #expect(try redis.run("PUBLISH atalaya:room:a x", after: publisher) == .integer(1))
        guard case .error = try redis.run("PUBLISH atalaya:_fleet x", after: publisher) else { throw Failure.notReady }
        #expect(try await instance.messages(1, in: Self.room("a")) == ["x"])
        // Every command that resume tokens need, of which the publisher may none.
        let other = try Instance(settings)
        let key = ChainKey(token: "token", user: nil)
        let record = instance.record(anonymous: true)
        broker.carryOut([
            .write(key, record, for: .seconds(3600)), .forget(key, isUsed: false),
            .keep(key, record, for: .seconds(120)),
        ])
        let name = "atalaya:resume:\(key.name)"
        try await eventually("the record") { try redis.run("PTTL \(name)", after: "SELECT 1") != .integer(-2) }
        guard case .error = try redis.run("GET \(name)", after: publisher) else { throw Failure.notReady }
        try await eventually("the other instance") { other.broker.canClaim }
        guard case .claimed(record, _?) = await other.broker.claim(key) else { throw Failure.notReady }
        other.broker.carryOut([.giveBack(key, record)])
        guard case .claimed(record, _?) = await other.broker.claim(key) else { throw Failure.notReady }
        #expect(other.broker.counts.errors == 0)
        other.broker.stop()
        instance.sink.leave([Self.room("a")], broker)
        try await instance.sink.enter([Self.room("b")], broker)
        let pings = broker.counts.rtt.count
        try await eventually("some pings") { broker.counts.rtt.count > pings + 8 }
        #expect(broker.health == .up && broker.counts.errors == 0)
        #expect(instance.log.records.state.allSatisfy { $0.level < .warning })
        broker.stop()
        await redis.kill()
    }

    @Test func `without SUBSCRIBE the bus is down, and the reason is told`() async throws {
        let (redis, url) = try await Self.guarded("&p:* +publish +ping")
        let instance = try Instance(TestRedis.settings(url, prefix: "p:"))
        try await instance.log.wait(for: .connectionLost) { $0.text(.reason).contains("'subscribe'") }
        guard case .down = instance.broker.health else { throw Failure.notReady }
        instance.broker.stop()
        await redis.kill()
    }

    @Test func `a Redis that cannot save carries messages`() async throws {
        let redis = try OwnRedis()
        try await redis.start()
        try redis.run("CONFIG SET save 1~1")
        // A folder that is not there any more is one that nothing can be saved to.
        try redis.losesItsFolder()
        try redis.run("SET key value")
        try redis.run("BGSAVE")
        try await eventually("a save that fails") {
            if case .error(let text) = try? redis.run("PING") { text.hasPrefix("MISCONF") } else { false }
        }
        let instance = try Instance(TestRedis.settings(redis.url, pingInterval: "100ms"))
        let broker = instance.broker
        try await instance.becomeReady([Self.room("a")])
        instance.publish(["x"], to: Self.room("a"))
        #expect(try await instance.messages(1, in: Self.room("a")) == ["x"])
        try await eventually("some pings") { broker.counts.rtt.count > 8 }
        #expect(broker.health == .up && broker.counts.reconnects == 0)
        #expect(Self.errors(instance, saying: "Redis cannot save") == 2)
        broker.stop()
        await redis.kill()
    }

    @Test func `a primary that becomes a replica is left, and taken again when it is one no more`() async throws {
        let (primary, redis) = (try OwnRedis(), try OwnRedis())
        try await primary.start()
        try await redis.start()
        let instance = try Instance(TestRedis.settings(redis.url, pingInterval: "100ms"))
        let broker = instance.broker
        try await instance.becomeReady([Self.room("a")])
        try redis.run("REPLICAOF 127.0.0.1 \(primary.port)")
        try await eventually("the replica's end") {
            if case .down(let reason) = broker.health { reason.contains("replica") } else { false }
        }
        try await instance.log.wait(for: .down) { $0.text(.reason).contains("replica") }
        // Not accepted by what passes it to nobody: it waits.
        instance.publish(["x"], to: Self.room("a"))
        try await instance.log.wait(for: .attemptFailedAgain) { $0.text(.reason).contains("replica") }
        #expect(instance.sink.record.receipts.allSatisfy { $0.room != Self.room("a") })
        try redis.run("REPLICAOF NO ONE")
        // Accepted now. Whether its own instance hears it depends on which of the two connections stands first.
        try await instance.sink.seen.wait(for: "the receipt") { record in
            record.receipts.contains { $0.room == Self.room("a") && $0.result == .accepted }
        }
        try await instance.becomeReady()
        instance.publish(["y"], to: Self.room("a"))
        try await instance.sink.seen.wait(for: "the next message") { $0.payloads(in: Self.room("a")).last == "y" }
        broker.stop()
        await redis.kill()
        await primary.kill()
    }

    @Test func `what is declared JSON or text and is neither is delivered as what it is, and counted`() async throws {
        let prefix = TestRedis.freshPrefix()
        let instance = try Instance(TestRedis.settings(TestRedis.url!, prefix: prefix))
        defer { instance.broker.stop() }
        let room = Self.room("lobby")
        try await instance.becomeReady([room])
        let deep = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        let payloads: [(PayloadKind, [UInt8], PayloadKind)] = [
            (.json, Array("not json".utf8), .text),
            (.json, Array(#"1,"from":"admin","data":"spoof""#.utf8), .text),
            (.json, Array(#"{"a":1}"#.utf8), .json), (.json, Array(deep.utf8), .json),
            (.json, [], .text), (.json, [0xFF], .binary), (.text, [0xFF], .binary), (.text, Array("ö".utf8), .text),
        ]
        let origin = BusOrigin.random()
        for (index, (kind, payload, _)) in payloads.enumerated() {
            let stamp = BusStamp(origin: origin, epoch: BusEpoch(id: 1, began: nil), number: UInt64(index + 1))
            let message = Publication.of("x", to: room).message.declared(kind).holding(payload)
            var bytes: [UInt8] = []
            Envelope.append(message, stamp: stamp, publishedAt: 1, to: &bytes)
            try RawRedis.publish(bytes, to: prefix + "room:lobby")
        }
        try await instance.messages(payloads.count, in: room)
        let messages = instance.sink.record.messages.filter { $0.room == room }
        #expect(messages.map(\.kind) == payloads.map(\.2))
        #expect(messages.map(\.payload) == payloads.map(\.1))
        let broker = instance.broker
        try await eventually("the count") { broker.counts.errors >= 5 }
        #expect(broker.counts.errors == 5)
        try await instance.log.wait(for: .mislabelled) { $0.text(.room) == "lobby" }
    }

    @Test func `a gateway that stops does not say that Redis is down`() async throws {
        let instance = try Instance(TestRedis.settings(TestRedis.url!))
        try await instance.becomeReady([Self.room("a")])
        instance.broker.stop()
        #expect(instance.broker.health != .up)
        let events = Set(instance.log.records.state.map(\.event))
        #expect(events.isDisjoint(with: [RedisEvent.down.rawValue, RedisEvent.connectionLost.rawValue]))
    }
}

extension Message {
    fileprivate func holding(_ payload: [UInt8]) -> Message {
        Message(
            id: self.id,
            room: self.room,
            kind: self.kind,
            payload: payload,
            from: self.from,
            acceptedAt: self.acceptedAt
        )
    }
}
