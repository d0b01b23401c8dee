import Messaging
import RedisBroker
import TestKit
import Testing

/// Rooms that come and go on two instances for as many minutes as `ATALAYA_SOAK_MINUTES` says, while both publish to
/// all of them: nothing may be counted as lost or repeated.
///
///     ATALAYA_SOAK_MINUTES=10 ATALAYA_TEST_REDIS_URL=redis://127.0.0.1:6379 swift test --filter RedisSoakTests
@Suite(.enabled(if: TestRedis.isThere && TestRedis.soakMinutes > 0, "needs ATALAYA_SOAK_MINUTES"))
struct RedisSoakTests {
    private static let rooms = (0..<60).map { try! RoomName("room\($0)") }

    @Test func `rooms that come and go are never counted as loss`() async throws {
        let settings = TestRedis.settings(TestRedis.url!)
        let instances = [try Instance(settings, name: "soak-one"), try Instance(settings, name: "soak-two")]
        for instance in instances {
            try await instance.becomeReady()
        }
        let deadline = ContinuousClock.now + .seconds(TestRedis.soakMinutes * 60)
        try await withThrowingTaskGroup { group in
            for instance in instances {
                group.addTask { try await Self.publish(from: instance, until: deadline) }
                group.addTask { try await Self.comeAndGo(at: instance, until: deadline) }
                group.addTask { try await Self.watch(instance, until: deadline) }
            }
            try await group.waitForAll()
        }
        // The last announcements are made a second after the last publication.
        try await Task.sleep(for: .seconds(3))
        for instance in instances {
            let counts = instance.broker.counts
            print("soak: \(counts.published) published, \(counts.received) received, \(counts.reconnects) reconnects")
            #expect(counts.gapMessages == 0)
            #expect(counts.duplicates == 0)
            #expect(counts.errors + counts.reconnects == 0)
            #expect(min(counts.published, counts.received) > 1000)
            instance.broker.stop()
        }
    }

    /// Bursts to rooms at random, now and then with a silence in which announcements have the last word.
    private static func publish(from instance: Instance, until deadline: ContinuousClock.Instant) async throws {
        var random = SeededGenerator()
        while ContinuousClock.now < deadline {
            for _ in 0..<Int.random(in: 1...40, using: &random) {
                instance.publish(["x"], to: self.rooms.randomElement(using: &random)!)
            }
            let pause = random.next() % 50 == 0 ? 1500 : Int.random(in: 0...6, using: &random)
            try await Task.sleep(for: .milliseconds(pause))
        }
    }

    /// Joins and leaves, most of them so quickly that several commands and confirmations are under way.
    private static func comeAndGo(at instance: Instance, until deadline: ContinuousClock.Instant) async throws {
        var random = SeededGenerator()
        while ContinuousClock.now < deadline {
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let room = self.rooms.randomElement(using: &random)!
                if random.next() % 2 == 0 {
                    instance.sink.want([room], instance.broker)
                } else {
                    instance.sink.leave([room], instance.broker)
                }
            }
            try await Task.sleep(for: .microseconds(Int.random(in: 0...3000, using: &random)))
        }
    }

    /// Keeps the record short, and says early when something was counted.
    private static func watch(_ instance: Instance, until deadline: ContinuousClock.Instant) async throws {
        while ContinuousClock.now < deadline {
            instance.sink.seen.change { record in
                record.messages = []
                record.receipts = []
                record.subscribed = []
            }
            let counts = instance.broker.counts
            if counts.gapMessages + counts.duplicates > 0 {
                Issue.record("counted: \(counts.gapMessages) lost, \(counts.duplicates) repeated")
                return
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}
