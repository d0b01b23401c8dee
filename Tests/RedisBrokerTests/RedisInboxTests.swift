import Messaging
import TestKit
import Testing

@testable import RedisBroker

@Suite struct RedisInboxTests {
    private static let room = try! RoomName("lobby")

    private static func publications(_ count: Int, bytes: Int = 0) -> [Publication] {
        (0..<count).map { _ in .of(String(repeating: "x", count: bytes), to: self.room) }
    }

    @Test func `while Redis is away publications are taken, and it is told that they wait`() {
        let inbox = RedisInbox(maximumBytes: 1 << 20, maximumMessages: 10)
        #expect(inbox.isHolding)
        #expect(inbox.add(Self.publications(2)) == .post)
        #expect(inbox.take().publications.count == 2)
        inbox.setAway(false)
        #expect(!inbox.isHolding)
        inbox.setAway(true)
        #expect(inbox.isHolding)
    }

    @Test func `it is told that publications wait once half of what may be pending is`() {
        let inbox = RedisInbox(maximumBytes: 10_000, maximumMessages: 10)
        inbox.setAway(false)
        _ = inbox.add(Self.publications(3, bytes: 400))
        #expect(!inbox.isHolding)
        _ = inbox.add(Self.publications(2, bytes: 400))
        #expect(inbox.isHolding)
        let taken = inbox.take().publications
        inbox.release(taken[0])
        inbox.release(taken[1])
        #expect(!inbox.isHolding)
        _ = inbox.add(Self.publications(3))
        #expect(inbox.isHolding)
        _ = inbox.stop()
        #expect(!inbox.isHolding)
    }

    @Test func `the loop is woken once for what comes until it looks`() {
        let inbox = RedisInbox(maximumBytes: 1 << 20, maximumMessages: 10)
        #expect(inbox.add(Self.publications(1)) == .post)
        #expect(inbox.add(Self.publications(1)) == .nothing)
        #expect(inbox.add([Self.room]) == .nothing)
        let contents = inbox.take()
        #expect(contents.publications.count == 2 && contents.rooms == [Self.room])
        #expect(inbox.add([Self.room]) == .post)
    }

    @Test func `what is unanswered is bounded in number, taken out or not`() {
        let inbox = RedisInbox(maximumBytes: 1 << 20, maximumMessages: 3)
        _ = inbox.add(Self.publications(2))
        let taken = inbox.take().publications
        _ = inbox.add(Self.publications(3))
        let contents = inbox.take()
        #expect(contents.publications.count == 1)
        #expect(contents.refused.map(\.result) == [.unavailable, .unavailable])
        inbox.release(taken[0])
        _ = inbox.add(Self.publications(2))
        #expect(inbox.take().publications.count == 1)
    }

    @Test func `what is unanswered is bounded in bytes, and what can never fit is too big`() {
        let inbox = RedisInbox(maximumBytes: 10_000, maximumMessages: 100)
        _ = inbox.add(Self.publications(1, bytes: 9_001))
        #expect(inbox.take().refused.map(\.result) == [.tooBig])
        _ = inbox.add(Self.publications(3, bytes: 3_500))
        let contents = inbox.take()
        #expect(contents.publications.count == 2)
        #expect(contents.refused.map(\.result) == [.unavailable])
    }

    @Test func `once stopped, the caller settles himself`() {
        let inbox = RedisInbox(maximumBytes: 1 << 20, maximumMessages: 10)
        _ = inbox.add(Self.publications(1))
        #expect(inbox.stop())
        #expect(!inbox.stop())
        #expect(inbox.add(Self.publications(1)) == .settle)
        #expect(inbox.add([Self.room]) == .nothing)
        #expect(inbox.take().publications.count == 1)
    }
}
