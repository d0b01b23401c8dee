import Instruments
import Messaging
import RedisBroker
import TestKit
import Testing

/// Two instances, of which one reaches Redis through a proxy that misbehaves.
@Suite(.enabled(if: TestRedis.isThere, "needs ATALAYA_TEST_REDIS_URL"), .timeLimit(.minutes(2)))
struct RedisFaultTests {
    /// `near` speaks to Redis itself, `far` through the proxy.
    private struct Pair {
        let proxy: RedisProxy
        let near: Instance
        let far: Instance
        let room: RoomName

        init(pingInterval: String = "5s", patience: Duration = .seconds(10)) async throws {
            self.proxy = try RedisProxy(to: TestRedis.port)
            self.room = try RoomName("lobby")
            let prefix = TestRedis.freshPrefix()
            self.near = try Instance(TestRedis.settings(TestRedis.url!, prefix: prefix, pingInterval: pingInterval))
            let settings = TestRedis.settings(self.proxy.url, prefix: prefix, pingInterval: pingInterval)
            self.far = try Instance(settings, patience: patience)
            try await self.near.becomeReady([self.room])
            try await self.far.becomeReady([self.room])
            // The baseline of what is counted.
            self.near.publish(["first"], to: self.room)
            try await self.far.messages(1, in: self.room)
        }

        func stop() {
            self.near.broker.stop()
            self.far.broker.stop()
            self.proxy.stop()
        }

        /// Waits until the far instance has counted this.
        func expectCounts(gaps: UInt64, duplicates: UInt64 = 0) async throws {
            let broker = self.far.broker
            try await eventually("\(gaps) gaps, \(duplicates) duplicates") {
                broker.counts.gapMessages >= gaps && broker.counts.duplicates >= duplicates
            }
            #expect(broker.counts.gapMessages == gaps)
            #expect(broker.counts.duplicates == duplicates)
            #expect(self.near.broker.counts.gapMessages == 0)
            #expect(self.near.broker.counts.duplicates == 0)
        }
    }

    /// Waits until an announcement of all that was published has reached the far instance and been judged.
    private static func announce(_ pair: Pair, in room: RoomName) async throws {
        let before = pair.proxy.announcements.state
        pair.near.publish(["end"], to: room)
        try await pair.proxy.announcements.wait(for: "an announcement") { $0 > before }
        // The first of these comes behind it, the second in a later tick than the first: so the counts are shown.
        for fence in ["fence one", "fence two"] {
            pair.near.publish([fence], to: room)
            try await pair.far.sink.seen.wait(for: fence) { $0.payloads(in: room).contains(fence) }
        }
    }

    private static func isMessage(_ passing: RedisProxy.Passing, _ ending: (String) -> Bool) -> Bool {
        guard case .message(let channel, let payload) = passing, channel.contains(":room:") else { return false }
        return ending(payload.suffix(8).map { $0 }.text)
    }

    @Test func `lost and repeated messages are counted exactly, and none comes twice`() async throws {
        let pair = try await Pair()
        defer { pair.stop() }
        pair.proxy.setRule { passing in
            if Self.isMessage(passing, { $0.hasSuffix("lose") }) {
                return .lose
            }
            return Self.isMessage(passing, { $0.hasSuffix("double") }) ? .double : .pass
        }
        let texts = (0..<300).map { $0 % 7 == 3 ? "\($0) lose" : $0 % 5 == 2 ? "\($0) double" : "\($0)" } + ["last"]
        pair.near.publish(texts, to: pair.room)
        let kept = texts.filter { !$0.hasSuffix("lose") }
        let came = try await pair.far.messages(1 + kept.count, in: pair.room)
        #expect(came == ["first"] + kept)
        let (lost, doubled) = (texts.count { $0.hasSuffix("lose") }, texts.count { $0.hasSuffix("double") })
        try await pair.expectCounts(gaps: UInt64(lost), duplicates: UInt64(doubled))
        try await pair.far.log.wait(for: .gap) { $0.text(.room) == "lobby" }
        try await pair.far.log.wait(for: .duplicate)
    }

    @Test func `a lost tail is seen although nothing follows it`() async throws {
        let pair = try await Pair()
        defer { pair.stop() }
        pair.proxy.setRule { Self.isMessage($0) { $0.hasSuffix("lose") } ? .lose : .pass }
        pair.near.publish(["kept", "1 lose", "2 lose", "3 lose"], to: pair.room)
        try await pair.expectCounts(gaps: 3)
    }

    @Test func `an instance's own messages are judged like all others`() async throws {
        let pair = try await Pair()
        defer { pair.stop() }
        pair.far.publish(["mine"], to: pair.room)
        try await pair.far.messages(2, in: pair.room)
        pair.proxy.setRule { Self.isMessage($0) { $0.hasSuffix("lose") } ? .lose : .pass }
        pair.far.publish(["lose", "lose", "kept"], to: pair.room)
        try await pair.far.messages(3, in: pair.room)
        try await pair.expectCounts(gaps: 2)
    }

    @Test func `held messages are late, and nothing else`() async throws {
        let pair = try await Pair()
        defer { pair.stop() }
        pair.proxy.setRule { Self.isMessage($0) { $0.hasSuffix("hold") } ? .hold : .pass }
        pair.near.publish(["hold", "b", "c"], to: pair.room)
        try await pair.near.messages(4, in: pair.room)
        pair.proxy.release()
        #expect(try await pair.far.messages(4, in: pair.room) == ["first", "hold", "b", "c"])
        try await Self.announce(pair, in: pair.room)
        try await pair.expectCounts(gaps: 0)
    }

    @Test func `what is published while the connections are away is counted once they are back`() async throws {
        let pair = try await Pair()
        defer { pair.stop() }
        pair.proxy.control { $0.refuses = true }
        pair.proxy.cut()
        try await pair.far.log.wait(for: .down)
        pair.near.publish(["a", "b", "c", "d", "e"], to: pair.room)
        try await pair.near.messages(6, in: pair.room)
        pair.proxy.release()
        try await pair.expectCounts(gaps: 5)
        pair.near.publish(["back"], to: pair.room)
        #expect(try await pair.far.messages(2, in: pair.room) == ["first", "back"])
        try await Self.announce(pair, in: pair.room)
        try await pair.expectCounts(gaps: 5)
        let broker = pair.far.broker
        try await eventually("both connections") { broker.counts.reconnects == 2 && broker.health == .up }
    }

    @Test func `who comes while the connections are away hears from then on, and nothing is counted for him`()
        async throws
    {
        let pair = try await Pair()
        defer { pair.stop() }
        let (left, new) = (pair.room, try RoomName("new"))
        pair.near.publish(["before"], to: new)
        pair.proxy.control { $0.refuses = true }
        pair.proxy.cut()
        try await pair.far.log.wait(for: .down)
        pair.far.sink.want([new], pair.far.broker)
        pair.far.sink.leave([left], pair.far.broker)
        pair.near.publish(["meanwhile"], to: new)
        pair.near.publish(["meanwhile"], to: left)
        try await pair.near.receipts(4)
        pair.proxy.release()
        try await pair.far.sink.seen.wait(for: "the new room") { $0.subscribed.contains(new) }
        pair.near.publish(["after"], to: new)
        #expect(try await pair.far.messages(1, in: new) == ["after"])
        try await Self.announce(pair, in: new)
        try await pair.expectCounts(gaps: 0)
    }

    @Test func `a connection that has died without a word is noticed and made anew`() async throws {
        let pair = try await Pair(pingInterval: "1s")
        defer { pair.stop() }
        pair.proxy.control { $0.isSilent = true }
        try await pair.far.log.wait(for: .connectionLost) {
            $0.text(.reason).contains("subscribe: PING was not answered")
        }
        try await pair.far.log.wait(for: .connectionLost) {
            $0.text(.reason).contains("publish: PING was not answered")
        }
        let broker = pair.far.broker
        try await eventually("the broker to be down") { broker.health != .up }
        pair.near.publish(["lost"], to: pair.room)
        try await pair.near.messages(2, in: pair.room)
        // What the proxy has let vanish stays so: its connections are no good any more.
        pair.proxy.release()
        try await pair.expectCounts(gaps: 1)
        pair.near.publish(["back"], to: pair.room)
        #expect(try await pair.far.messages(2, in: pair.room) == ["first", "back"])
    }

    @Test func `a subscription that has died while its PINGs are answered is noticed and made anew`() async throws {
        let pair = try await Pair(pingInterval: "1s")
        defer { pair.stop() }
        pair.proxy.setRule { passing in
            if case .message = passing {
                return .lose
            }
            return .pass
        }
        try await pair.far.log.wait(for: .connectionLost) { $0.text(.reason).contains("does not come back") }
        pair.proxy.release()
        let broker = pair.far.broker
        try await eventually("the subscriptions") { broker.counts.reconnects > 0 && broker.counts.subscriptions == 2 }
        pair.near.publish(["back"], to: pair.room)
        #expect(try await pair.far.messages(2, in: pair.room) == ["first", "back"])
    }

    @Test func `what is unanswered when the connection is lost is sent again, and comes once`() async throws {
        let pair = try await Pair()
        defer { pair.stop() }
        pair.far.publish(["known"], to: pair.room)
        try await pair.near.messages(2, in: pair.room)
        // The message may be there before its receipt.
        let before = try await pair.far.receipts(1).count
        pair.proxy.setRule { passing in
            if case .other(isAnswer: true) = passing {
                return .lose
            }
            return .pass
        }
        pair.far.publish(["a", "b", "c"], to: pair.room)
        #expect(try await pair.near.messages(5, in: pair.room).suffix(3) == ["a", "b", "c"])
        #expect(pair.far.sink.record.receipts.count == before)
        pair.proxy.cut()
        try await pair.far.log.wait(for: .down)
        let broker = pair.far.broker
        // The other connection may be lost a moment later.
        try await eventually("the publisher to hold") { broker.isHolding }
        pair.far.publish(["d"], to: pair.room)
        pair.proxy.release()
        let receipts = try await pair.far.receipts(before + 4)
        #expect(receipts.dropFirst(before).map(\.result) == [.accepted, .accepted, .accepted, .accepted])
        #expect(try await pair.near.messages(6, in: pair.room).suffix(4) == ["a", "b", "c", "d"])
        try await eventually("the end of it") { !broker.isHolding && pair.near.broker.counts.duplicates == 3 }
        #expect(pair.near.broker.counts.gapMessages == 0 && broker.counts.gapMessages == 0)
    }

    @Test func `a Redis that is back in time costs publishers a delay, in their order`() async throws {
        let pair = try await Pair()
        defer { pair.stop() }
        pair.proxy.control { $0.refuses = true }
        pair.proxy.cut()
        try await pair.far.log.wait(for: .down)
        let before = pair.far.sink.record.receipts.count
        let texts = (0..<100).map { "\($0)" }
        pair.far.publish(texts, to: pair.room)
        // The other connection may be lost a moment later.
        let broker = pair.far.broker
        try await eventually("the publisher to hold") { broker.isHolding }
        try await pair.far.log.wait(for: .attemptFailedAgain)
        #expect(pair.far.sink.record.receipts.count == before)
        pair.proxy.release()
        #expect(try await pair.far.receipts(before + 100).dropFirst(before).allSatisfy { $0.result == .accepted })
        #expect(try await pair.near.messages(101, in: pair.room).suffix(100) == texts)
    }

    @Test func `when patience runs out publications are refused`() async throws {
        let pair = try await Pair(patience: .milliseconds(300))
        defer { pair.stop() }
        pair.proxy.control { $0.refuses = true }
        pair.proxy.cut()
        try await pair.far.log.wait(for: .down)
        let before = pair.far.sink.record.receipts.count
        pair.far.publish((0..<100).map { "\($0)" }, to: pair.room)
        let receipts = try await pair.far.receipts(before + 100)
        #expect(receipts.dropFirst(before).allSatisfy { $0.result == .unavailable })
        let broker = pair.far.broker
        try await eventually("the broker to be down") { broker.health != .up }
    }

    @Test func `more than may be unanswered is refused at once, and the rest is still answered`() async throws {
        let proxy = try RedisProxy(to: TestRedis.port)
        let instance = try Instance(TestRedis.settings(proxy.url, ["redis.pendingMessages": "10"]))
        defer {
            instance.broker.stop()
            proxy.stop()
        }
        try await instance.becomeReady()
        proxy.setRule { passing in
            if case .other(isAnswer: true) = passing {
                return .hold
            }
            return .pass
        }
        instance.publish((0..<25).map { "\($0)" }, to: try RoomName("lobby"))
        #expect(try await instance.receipts(15).allSatisfy { $0.result == .unavailable })
        proxy.release()
        let receipts = try await instance.receipts(25)
        #expect(receipts.dropFirst(15).allSatisfy { $0.result == .accepted })
        #expect(receipts.dropFirst(15).map(\.id).count == 10)
    }
}

/// Asks again and again, for what has no event to wait for.
func eventually(_ what: String, atMost limit: Duration = .seconds(20), _ holds: () throws -> Bool) async throws {
    let deadline = ContinuousClock.now + limit
    while try !holds() {
        guard ContinuousClock.now < deadline else {
            throw WaitedInVain(what: what)
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}

struct WaitedInVain: Error {
    let what: String
}
