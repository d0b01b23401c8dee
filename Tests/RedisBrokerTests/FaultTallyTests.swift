import Foundation
import Glibc
import Instruments
import Messaging
import RedisBroker
import TestKit
import Testing

/// Faults on purpose, under load, and a tally of the clients' own, held against what was accepted, delivered and
/// counted.
///
/// `ATALAYA_FAULT_MINUTES` lets the faults go on, at random, for so long.
@Suite(.enabled(if: TestRedis.isThere, "needs ATALAYA_TEST_REDIS_URL"), .serialized, .timeLimit(.minutes(30)))
struct FaultTallyTests {
    private static let minutes = Double(ProcessInfo.processInfo.environment["ATALAYA_FAULT_MINUTES"] ?? "") ?? 0

    @Test func `links that are cut, silent and late lose nothing uncounted, double nothing, and keep the order`()
        async throws
    {
        let fleet = try await Fleet()
        for fault in [Fault.cutPublishing, .late, .cutBoth, .silent, .cutSubscribing] {
            try await fleet.endure(fault)
        }
        try await fleet.tally()
        await fleet.stop()
    }

    @Test func `a Redis that stops, or ends and comes back, within patience refuses nobody`() async throws {
        let fleet = try await Fleet()
        try await fleet.endure(.redisStopped)
        try await fleet.endure(.redisKilled)
        try await fleet.tally()
        #expect(fleet.refused == 0)
        await fleet.stop()
    }

    @Test(.enabled(if: minutes > 0, "needs ATALAYA_FAULT_MINUTES"))
    func `any faults one after the other`() async throws {
        var random = SeededGenerator()
        let deadline = ContinuousClock.now + .seconds(Self.minutes * 60)
        while ContinuousClock.now < deadline {
            let fleet = try await Fleet(patience: [.milliseconds(300), .seconds(5)].randomElement(using: &random)!)
            for _ in 0..<8 {
                try await fleet.endure(Fault.allCases.randomElement(using: &random)!)
            }
            try await fleet.tally()
            await fleet.stop()
        }
    }
}

private enum Fault: CaseIterable, Sendable {
    case cutBoth, cutPublishing, cutSubscribing
    /// Nothing passes for longer than a PING is waited for.
    case silent
    /// What is published reaches Redis 2.5 s later, over connections that were given up meanwhile.
    case late
    case redisStopped
    case redisKilled

    func happen(to redis: OwnRedis, _ proxy: RedisProxy) async throws {
        switch self {
        case .cutBoth:
            proxy.cut()
        case .cutPublishing:
            proxy.cut(.publishing)
        case .cutSubscribing:
            proxy.control { $0.refuses = true }
            proxy.cut(.subscribing)
            try await Task.sleep(for: .milliseconds(200))
            proxy.release()
        case .silent:
            proxy.control { $0.isSilent = true }
            try await Task.sleep(for: .milliseconds(2500))
            proxy.release()
        case .late:
            proxy.control { $0.delay = .milliseconds(2500) }
            try await Task.sleep(for: .milliseconds(300))
            proxy.release()
            try await Task.sleep(for: .milliseconds(2600))
        case .redisStopped:
            redis.signal(SIGSTOP)
            try await Task.sleep(for: .seconds(3))
            redis.signal(SIGCONT)
        case .redisKilled:
            await redis.kill()
            try await Task.sleep(for: .milliseconds(700))
            try await redis.start()
        }
    }
}

/// Two instances, each with a proxy before one Redis, that publish to each other all the time.
private final class Fleet {
    private static let rooms = ["a", "b", "c"].map { try! RoomName($0) }

    private let redis: OwnRedis
    private let proxies: [RedisProxy]
    private let instances: [Instance]
    /// What was published, by instance.
    private var published: [[RoomName: Int]]

    init(patience: Duration = .seconds(5)) async throws {
        self.redis = try OwnRedis()
        try await self.redis.start()
        self.proxies = [try RedisProxy(to: self.redis.port), try RedisProxy(to: self.redis.port)]
        let prefix = TestRedis.freshPrefix()
        self.instances = try self.proxies.map { proxy in
            let settings = TestRedis.settings(
                proxy.url,
                prefix: prefix,
                pingInterval: "1s",
                ["redis.connectTimeout": "2s"]
            )
            return try Instance(settings, patience: patience)
        }
        self.published = [[:], [:]]
        for instance in self.instances {
            try await instance.becomeReady(Self.rooms)
        }
        try await self.publish(3)
    }

    var refused: Int {
        self.instances.map { $0.sink.record.receipts.count { $0.result != .accepted } }.reduce(0, +)
    }

    /// Each instance publishes so many messages of 1 kB to each room.
    private func publish(_ count: Int) async throws {
        for _ in 0..<count {
            for (index, instance) in self.instances.enumerated() {
                for room in Self.rooms {
                    let number = self.published[index][room, default: 0]
                    self.published[index][room] = number + 1
                    let text = "\(index) \(number) " + String(repeating: "x", count: 1000)
                    instance.broker.publish([.of(text, to: room)])
                }
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Lets a fault happen in the middle of what is published, and waits until all is well again.
    func endure(_ fault: Fault) async throws {
        try await self.publish(20)
        let (redis, proxy) = (self.redis, self.proxies[0])
        async let trouble: Void = fault.happen(to: redis, proxy)
        try await self.publish(100)
        try await trouble
        try await self.publish(20)
        for (index, instance) in self.instances.enumerated() {
            let broker = instance.broker
            try await eventually("instance \(index) to be up after \(fault)") { broker.health == .up }
            let total = self.published[index].values.reduce(0, +)
            try await instance.sink.seen.wait(for: "all receipts after \(fault)") { record in
                record.receipts.count { $0.room.text.count == 1 } == total
            }
        }
    }

    /// Holds what came to what was published, accepted and counted.
    func tally() async throws {
        for (index, receiver) in self.instances.enumerated() {
            let broker = receiver.broker
            try await eventually("instance \(index) to count what it lost") {
                broker.counts.gapMessages == UInt64(self.lost(at: index))
            }
        }
        // Behind another announcement nothing is counted that was not lost.
        let before = self.proxies.map(\.announcements.state)
        try await self.publish(1)
        for (proxy, before) in zip(self.proxies, before) {
            try await proxy.announcements.wait(for: "announcements of all") { $0 >= before + 2 * Self.rooms.count }
        }
        try await self.publish(1)
        for (index, receiver) in self.instances.enumerated() {
            for (sender, published) in self.published.enumerated() {
                for (room, count) in published {
                    try await receiver.sink.seen.wait(for: "the end") { record in
                        record.payloads(in: room).contains { $0.hasPrefix("\(sender) \(count - 1) ") }
                    }
                }
            }
            #expect(receiver.broker.counts.gapMessages == UInt64(self.lost(at: index)), "instance \(index)")
            self.expectOrder(at: index)
        }
        let counts = self.instances.map(\.broker.counts)
        let total = self.published.flatMap(\.values).reduce(0, +)
        print(
            "tally: \(total) published, \(self.refused) refused, lost \(counts.map(\.gapMessages)), "
                + "repeated \(counts.map(\.duplicates)), connections made again \(counts.map(\.reconnects))"
        )
    }

    /// The numbers that came to an instance, by sender and room, in their order.
    private func came(to index: Int) -> [[RoomName: [Int]]] {
        var came: [[RoomName: [Int]]] = [[:], [:]]
        for message in self.instances[index].sink.record.messages where Self.rooms.contains(message.room) {
            let words = String(decoding: message.payload.prefix(20), as: UTF8.self).split(separator: " ")
            came[Int(words[0])!][message.room, default: []].append(Int(words[1])!)
        }
        return came
    }

    /// Accepted, and never come.
    private func lost(at index: Int) -> Int {
        let came = Set(self.instances[index].sink.record.messages.map(\.id))
        return self.instances.flatMap(\.sink.record.receipts)
            .count { Self.rooms.contains($0.room) && $0.result == .accepted && !came.contains($0.id) }
    }

    private func expectOrder(at index: Int) {
        for (sender, rooms) in self.came(to: index).enumerated() {
            for (room, numbers) in rooms {
                #expect(numbers == numbers.sorted(), "from \(sender) to \(index) in \(room): out of order")
                #expect(Set(numbers).count == numbers.count, "from \(sender) to \(index) in \(room): one came twice")
            }
        }
    }

    func stop() async {
        for instance in self.instances {
            instance.broker.stop()
        }
        for proxy in self.proxies {
            proxy.stop()
        }
        await self.redis.kill()
    }
}
