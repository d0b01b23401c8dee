import Instruments
import Messaging
import TestKit
import Testing

@testable import RedisBroker

/// The records of resume tokens, against a real Redis.
@Suite(.enabled(if: TestRedis.isThere), .timeLimit(.minutes(2)))
struct RedisChainsTests {
    private static let alice = try! UserID("alice")
    private static let window = Duration.seconds(120)

    /// Several instances that share one prefix.
    private struct Fleet {
        let prefix = TestRedis.freshPrefix()
        let instances: [Instance]

        init(_ count: Int = 2) async throws {
            let prefix = self.prefix
            self.instances = try (0..<count).map { number in
                try Instance(
                    TestRedis.settings(TestRedis.url!, prefix: prefix, pingInterval: "100ms"),
                    name: "pod-\(number)"
                )
            }
            for instance in self.instances {
                let broker = instance.broker
                try await eventually("Redis") { broker.canClaim && broker.health == .up }
            }
        }

        func stop() {
            for instance in self.instances {
                instance.broker.stop()
            }
        }

        func name(_ key: ChainKey) -> String { self.prefix + "resume:" + key.name }

        func lease(_ instance: Instance) -> String { "\(self.prefix)lease:\(instance.broker.origin)" }

        /// How many milliseconds a key has left; -2 if there is none.
        func left(_ key: String) throws -> Int64 {
            guard case .integer(let left) = try RawRedis.command("PTTL", key) else { throw RawRedis.NoAnswer() }
            return left
        }

        /// Gives a token out at one instance: its key and its record.
        func write(at number: Int = 0, user: UserID? = alice) async throws -> (ChainKey, ChainRecord) {
            let key = ChainKey(token: Self.freshToken(), user: user)
            let record = self.instances[number].record(anonymous: user == nil)
            self.instances[number].broker.carryOut([.write(key, record, for: .seconds(3600))])
            try await eventually("the record") { try self.left(self.name(key)) > 0 }
            return (key, record)
        }

        static func freshToken() -> String {
            let digits = String(UInt64.random(in: 0 ... .max), radix: 16)
            return String((digits + String(repeating: "x", count: 22)).prefix(22))
        }
    }

    @Test func `a chain is claimed once, at whichever instance`() async throws {
        let fleet = try await Fleet(3)
        defer { fleet.stop() }
        for user in [Self.alice, nil] {
            let (key, record) = try await fleet.write(user: user)
            let claims = (0..<30).map { fleet.instances[$0 % 3].broker }
            let answers = await withTaskGroup(of: ChainAnswer.self) { group in
                for broker in claims {
                    group.addTask { await broker.claim(key) }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { $0 == .claimed(record, gap: nil) } == 1)
            #expect(answers.count { $0 == .taken } == 29)
        }
        #expect(fleet.instances.allSatisfy { $0.broker.counts.errors == 0 })
    }

    @Test func `another user's claim finds nothing and leaves the record`() async throws {
        let fleet = try await Fleet()
        defer { fleet.stop() }
        let token = Fleet.freshToken()
        let key = ChainKey(token: token, user: Self.alice)
        let record = fleet.instances[0].record()
        fleet.instances[0].broker.carryOut([.write(key, record, for: .seconds(3600))])
        try await eventually("the record") { try fleet.left(fleet.name(key)) > 0 }
        for other in [try UserID("mallory"), nil] {
            #expect(await fleet.instances[1].broker.claim(ChainKey(token: token, user: other)) == .unknown)
        }
        #expect(await fleet.instances[1].broker.claim(key) == .claimed(record, gap: nil))
    }

    @Test func `what nobody has given out leaves no trace`() async throws {
        let fleet = try await Fleet(1)
        defer { fleet.stop() }
        let key = ChainKey(token: Fleet.freshToken(), user: nil)
        #expect(await fleet.instances[0].broker.claim(key) == .unknown)
        #expect(try RawRedis.command("KEYS", fleet.prefix + "*") == .array([]))
    }

    @Test func `after the end it is valid for the window, and says for how long it has been over`() async throws {
        let fleet = try await Fleet()
        defer { fleet.stop() }
        let (key, record) = try await fleet.write()
        fleet.instances[0].broker.carryOut([.keep(key, record, for: Self.window)])
        try await eventually("the end") { try fleet.left(fleet.name(key)) <= 120_000 }
        // As if half a minute had passed.
        try RawRedis.command("PEXPIRE", fleet.name(key), "90000")
        guard case .claimed(record, let gap?) = await fleet.instances[1].broker.claim(key) else {
            Issue.record("not claimed")
            return
        }
        #expect((Duration.seconds(30)...Duration.seconds(50)).contains(gap))

        let (late, ended) = try await fleet.write()
        fleet.instances[0].broker.carryOut([.keep(late, ended, for: Self.window)])
        try await eventually("the end") { try fleet.left(fleet.name(late)) <= 120_000 }
        try RawRedis.command("PEXPIRE", fleet.name(late), "0")
        #expect(await fleet.instances[1].broker.claim(late) == .unknown)
    }

    @Test func `what becomes of the old connection does not bring back a chain that was claimed`() async throws {
        let fleet = try await Fleet()
        defer { fleet.stop() }
        let (key, record) = try await fleet.write()
        #expect(await fleet.instances[1].broker.claim(key) == .claimed(record, gap: nil))
        fleet.instances[0].broker.carryOut([
            .keep(key, record, for: .seconds(3600)), .keep(key, record, for: Self.window),
        ])
        #expect(await fleet.instances[0].broker.claim(key) == .taken)
        #expect(await fleet.instances[1].broker.claim(key) == .taken)
        // It is remembered for as long as the old instance may remember the token itself.
        #expect((110_000...120_000).contains(try fleet.left(fleet.name(key))))
    }

    @Test func `a record that Redis has lost is written again`() async throws {
        let fleet = try await Fleet()
        defer { fleet.stop() }
        let (key, record) = try await fleet.write()
        try RawRedis.command("DEL", fleet.name(key), fleet.lease(fleet.instances[0]))
        fleet.instances[0].broker.carryOut([.keep(key, record, for: .seconds(3600))])
        try await eventually("record and lease") {
            try fleet.left(fleet.name(key)) > 0 && fleet.left(fleet.lease(fleet.instances[0])) > 0
        }
        #expect(await fleet.instances[1].broker.claim(key) == .claimed(record, gap: nil))
    }

    @Test func `a token that was revoked is unknown`() async throws {
        let fleet = try await Fleet()
        defer { fleet.stop() }
        let (key, _) = try await fleet.write()
        fleet.instances[0].broker.carryOut([.forget(key, isUsed: false)])
        try await eventually("the record to go") { try fleet.left(fleet.name(key)) == -2 }
        #expect(await fleet.instances[1].broker.claim(key) == .unknown)
    }

    @Test func `a claim that nobody waited for is given back, for the time that is left`() async throws {
        let fleet = try await Fleet()
        defer { fleet.stop() }
        let (key, record) = try await fleet.write()
        #expect(await fleet.instances[1].broker.claim(key) == .claimed(record, gap: nil))
        fleet.instances[0].broker.carryOut([.keep(key, record, for: Self.window)])
        try await eventually("the end") { try fleet.left(fleet.name(key)) <= 120_000 }
        fleet.instances[1].broker.carryOut([.giveBack(key, record)])
        guard case .claimed(record, _?) = await fleet.instances[1].broker.claim(key) else {
            Issue.record("not claimed")
            return
        }
        #expect(await fleet.instances[0].broker.claim(key) == .taken)
    }

    @Test(arguments: [false, true])
    func `the records of an instance that is gone are valid as long as its lease`(isEnded: Bool) async throws {
        let fleet = try await Fleet(1)
        defer { fleet.stop() }
        let broker = fleet.instances[0].broker
        // It crashed, so it renews nothing.
        let gone = BusOrigin.random()
        let lease = "\(fleet.prefix)lease:\(gone)"
        for isLeased in [true, false] {
            let key = ChainKey(token: Fleet.freshToken(), user: nil)
            let record = fleet.instances[0].record(anonymous: true, origin: gone)
            broker.carryOut([.write(key, record, for: isEnded ? Self.window : .seconds(3600))])
            try RawRedis.command(isLeased ? "SET" : "DEL", lease, isLeased ? "pod" : "none")
            switch await broker.claim(key) {
            case .claimed(record, let gap): #expect(isLeased && (gap != nil) == isEnded)
            case let answer: #expect(!isLeased && answer == .unknown)
            }
            #expect(await broker.claim(key) == .taken)
        }
    }

    @Test func `the lease is renewed, and an instance that has given out no token has none`() async throws {
        let fleet = try await Fleet()
        defer { fleet.stop() }
        _ = try await fleet.write()
        let lease = fleet.lease(fleet.instances[0])
        try RawRedis.command("PEXPIRE", lease, "60000")
        try await eventually("a ping") { try (120_001...135_000).contains(fleet.left(lease)) }
        #expect(try fleet.left(fleet.lease(fleet.instances[1])) == -2)
    }

    @Test func `neither token nor user stands in Redis or in the log`() async throws {
        let fleet = try await Fleet()
        defer { fleet.stop() }
        let token = Fleet.freshToken()
        let key = ChainKey(token: token, user: Self.alice)
        fleet.instances[0].broker.carryOut([.write(key, fleet.instances[0].record(), for: .seconds(3600))])
        try await eventually("the record") { try fleet.left(fleet.name(key)) > 0 }
        guard case .array(let names) = try RawRedis.command("KEYS", fleet.prefix + "*"),
            case .bulk(let value) = try RawRedis.command("GET", fleet.name(key))
        else { throw RawRedis.NoAnswer() }
        let stored = names.map { "\($0)" } + [String(decoding: value, as: UTF8.self)]
        #expect(names.count == 2 && stored.allSatisfy { !$0.contains(token) && !$0.contains("alice") })
        #expect(fleet.instances.allSatisfy { !$0.log.text.contains(token) })
    }

    @Test func `a record that cannot be read is nobody's`() async throws {
        let fleet = try await Fleet(1)
        defer { fleet.stop() }
        let key = ChainKey(token: Fleet.freshToken(), user: nil)
        try RawRedis.command("SET", fleet.name(key), "junk", "PX", "60000")
        #expect(await fleet.instances[0].broker.claim(key) == .unknown)
        // Counts are copied at the end of a turn.
        try await eventually("the count") { fleet.instances[0].broker.counts.errors == 1 }
        try await fleet.instances[0].log.wait(for: .unreadable) { $0.text(.error).contains("resume token") }
    }
}

extension RedisBroker {
    func claim(_ key: ChainKey) async -> ChainAnswer {
        await withCheckedContinuation { continuation in
            self.carryOut([.claim(key) { continuation.resume(returning: $0) }])
        }
    }
}

extension Instance {
    func record(place: Int = 0, anonymous: Bool = false, origin: BusOrigin? = nil) -> ChainRecord {
        let connection = ConnectionID(ULID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max)))
        return ChainRecord(
            connection: connection,
            instance: "pod-0",
            origin: origin ?? self.broker.origin,
            place: place,
            user: anonymous ? UserID(anonymous: connection) : nil,
            window: .seconds(120)
        )
    }
}
