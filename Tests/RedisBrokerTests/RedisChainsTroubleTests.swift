import Foundation
import Instruments
import Messaging
import TestKit
import Testing

@testable import RedisBroker

/// What becomes of resume tokens where Redis is away, or does not do what is asked.
@Suite(.timeLimit(.minutes(2)))
struct RedisChainsTroubleTests {
    private static let key = ChainKey(token: "R2hvc3QtdG9rZW4tb25seQ", user: nil)

    private static func start(_ redis: ScriptedRedis, pingInterval: String = "100ms") async throws -> Instance {
        let instance = try Instance(TestRedis.settings(redis.url, prefix: "p:", pingInterval: pingInterval))
        let broker = instance.broker
        try await eventually("Redis") { broker.canClaim && broker.health == .up }
        return instance
    }

    private static func refusals(_ instance: Instance) -> Int {
        instance.log.records.state.count { $0.event == RedisEvent.refused.rawValue }
    }

    @Test func `without a connection a claim is answered at once`() async throws {
        let instance = try Instance(TestRedis.settings("redis://127.0.0.1:1"))
        #expect(!instance.broker.canClaim)
        #expect(await instance.broker.claim(Self.key) == .unavailable)
        instance.broker.stop()
        #expect(await instance.broker.claim(Self.key) == .unavailable)
    }

    @Test(arguments: [true, false])
    func `a Redis that goes away in the middle of a claim answers it`(isCut: Bool) async throws {
        let redis = try ScriptedRedis()
        redis.answer { ["PTTL", "SET"].contains($0[0]) ? "" : nil }
        let instance = try await Self.start(redis, pingInterval: "1m")
        let broker = instance.broker
        async let one = broker.claim(Self.key)
        async let other = broker.claim(Self.key)
        try await redis.controls.wait(for: "both claims") { controls in
            controls.commands.count { $0.first == "SET" } == 2
        }
        if isCut {
            redis.cut()
        } else {
            broker.stop()
        }
        #expect(await [one, other] == [.unavailable, .unavailable])
        broker.stop()
        redis.stop()
    }

    @Test(arguments: [
        "-ERR syntax error\r\n", "-NOPERM this user has no permissions to run the 'set' command\r\n",
    ]) func `a Redis that does not do this costs one line and is not asked again`(answer: String) async throws {
        let redis = try ScriptedRedis()
        redis.answer { command in
            switch command[0] {
            case "SET": answer
            case "PTTL": ":-2\r\n"
            default: nil
            }
        }
        let instance = try await Self.start(redis)
        let broker = instance.broker
        #expect(await broker.claim(Self.key) == .unavailable)
        #expect(!broker.canClaim)
        let pings = broker.counts.rtt.count
        try await eventually("some pings") { broker.counts.rtt.count > pings + 3 }
        broker.carryOut([.write(Self.key, instance.record(), for: .seconds(3600))])
        #expect(await broker.claim(Self.key) == .unavailable)
        #expect(Self.refusals(instance) == 1 && broker.counts.errors == 1)
        #expect(broker.health == .up && broker.counts.reconnects == 0)
        #expect(redis.controls.state.commands.count { $0.first == "SET" } == 1)
        // A new connection may lead to a better one.
        redis.answer { $0[0] == "SET" ? "$-1\r\n" : $0[0] == "PTTL" ? ":-2\r\n" : nil }
        redis.cut()
        try await eventually("another connection") { broker.canClaim }
        #expect(await broker.claim(Self.key) == .unknown)
        broker.stop()
        redis.stop()
    }

    @Test func `a Redis that cannot save for a while is asked again`() async throws {
        let redis = try ScriptedRedis()
        let isBroken = Observed(true)
        redis.answer { command in
            switch command[0] {
            case "SET": isBroken.state ? "-MISCONF Redis is configured to save RDB snapshots\r\n" : "$-1\r\n"
            case "PTTL": ":-2\r\n"
            default: nil
            }
        }
        let instance = try await Self.start(redis)
        #expect(await instance.broker.claim(Self.key) == .unavailable)
        isBroken.change { $0 = false }
        let broker = instance.broker
        try await eventually("a ping") { broker.canClaim }
        #expect(await broker.claim(Self.key) == .unknown)
        #expect(broker.counts.reconnects == 0)
        broker.stop()
        redis.stop()
    }

    @Test(arguments: ["+OK\r\n", ":1\r\n"])
    func `an answer that makes no sense ends the connection, and the claim`(answer: String) async throws {
        let redis = try ScriptedRedis()
        redis.answer { $0[0] == "SET" ? answer : $0[0] == "PTTL" ? ":-2\r\n" : nil }
        let instance = try await Self.start(redis)
        #expect(await instance.broker.claim(Self.key) == .unavailable)
        try await instance.log.wait(for: .connectionLost) { $0.text(.reason).contains("nothing had asked for") }
        instance.broker.stop()
        redis.stop()
    }

    @Test(.enabled(if: TestRedis.isThere))
    func `what ended or was used while Redis was away is told when it is back`() async throws {
        let redis = try OwnRedis()
        try await redis.start()
        let instances = try (0..<2).map { _ in
            try Instance(TestRedis.settings(redis.url, prefix: "p:", pingInterval: "100ms"))
        }
        let (here, there) = (instances[0].broker, instances[1].broker)
        try await eventually("Redis") { here.canClaim && there.canClaim }
        let ended = ChainKey(token: "ended", user: nil)
        let used = ChainKey(token: "used", user: nil)
        let opened = ChainKey(token: "opened", user: nil)
        let record = instances[0].record(anonymous: true)
        here.carryOut([.write(ended, record, for: .seconds(3600)), .write(used, record, for: .seconds(3600))])
        try await eventually("the records") { try redis.run("EXISTS p:resume:\(used.name)") == .integer(1) }
        // It stops answering, and loses nothing.
        redis.signal(SIGSTOP)
        try await eventually("the loss") { !here.canClaim && !there.canClaim }
        here.carryOut([
            .write(opened, record, for: .seconds(3600)), .keep(ended, record, for: .seconds(120)),
            .forget(used, isUsed: true),
        ])
        #expect(await here.claim(opened) == .unavailable)
        redis.signal(SIGCONT)
        try await eventually("Redis again") { here.canClaim && there.canClaim }
        try await eventually("what was used") { try redis.run("EXISTS p:resume:\(used.name)") == .integer(0) }
        #expect(await there.claim(used) == .unknown)
        #expect(await there.claim(opened) == .unknown)
        guard case .claimed(record, let gap?) = await there.claim(ended) else {
            Issue.record("not claimed")
            return
        }
        #expect((Duration.zero...Duration.seconds(60)).contains(gap))
        // A Redis that has lost everything. What ended and was used then is written and removed, in that order.
        let kept = ChainKey(token: "kept", user: nil)
        here.carryOut([.write(kept, record, for: .seconds(3600))])
        await redis.kill()
        try await eventually("the loss") { !here.canClaim && !there.canClaim }
        here.carryOut([
            .keep(used, record, for: .seconds(120)), .forget(used, isUsed: true),
            .keep(kept, record, for: .seconds(120)),
        ])
        try await redis.start()
        try await eventually("Redis again") { here.canClaim && there.canClaim }
        try await eventually("the record") { try redis.run("EXISTS p:resume:\(kept.name)") == .integer(1) }
        #expect(await there.claim(used) == .unknown)
        guard case .claimed(record, _?) = await there.claim(kept) else {
            Issue.record("not claimed")
            return
        }
        for instance in instances {
            instance.broker.stop()
        }
        await redis.kill()
    }

    @Test(.enabled(if: TestRedis.isThere))
    func `an ACL from before there were keys costs one line`() async throws {
        let redis = try OwnRedis()
        try await redis.start()
        try redis.run(
            "ACL SETUSER gateway reset on >secret resetchannels -@all &p:* +client|setname +ping +time +publish "
                + "+subscribe +unsubscribe"
        )
        let url = "redis://gateway:secret@127.0.0.1:\(redis.port)"
        let instance = try Instance(TestRedis.settings(url, prefix: "p:", pingInterval: "100ms"))
        let broker = instance.broker
        let room = try RoomName("a")
        try await instance.becomeReady([room])
        broker.carryOut((0..<100).map { _ in .write(Self.key, instance.record(), for: .seconds(3600)) })
        try await eventually("the refusal") { !broker.canClaim }
        instance.publish(["x"], to: room)
        #expect(try await instance.messages(1, in: room) == ["x"])
        #expect(Self.refusals(instance) == 1 && broker.counts.errors == 1 && broker.health == .up)
        broker.stop()
        await redis.kill()
    }
}
