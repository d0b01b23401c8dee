import Messaging
import Testing

@testable import RedisBroker

@Suite struct RedisUnansweredTests {
    private static let (a, b) = (try! RoomName("a"), try! RoomName("b"))

    @Test func `an error belongs to the oldest command that is not answered`() {
        var unanswered = RedisUnanswered()
        for command in [.inner("_tail"), .subscribe([Self.a, Self.b]), .ping] as [RedisUnanswered.Command] {
            unanswered.sent(command)
        }
        unanswered.confirmed()
        #expect(unanswered.refused() == .subscribe([Self.a, Self.b]))
        #expect(unanswered.refused() == .ping)
        #expect(unanswered.refused() == nil)
    }

    @Test func `a command is answered once all its rooms are`() {
        var unanswered = RedisUnanswered()
        unanswered.sent(.subscribe([Self.a, Self.b]))
        unanswered.sent(.unsubscribe([Self.a]))
        unanswered.confirmed()
        #expect(unanswered.refused() == nil)
        unanswered.confirmed()
        #expect(unanswered.refused() == .unsubscribe([Self.a]))
    }

    @Test func `a new connection owes no answers`() {
        var unanswered = RedisUnanswered()
        unanswered.sent(.subscribe([Self.a, Self.b]))
        unanswered.confirmed()
        unanswered.lost()
        unanswered.confirmed()
        #expect(unanswered.refused() == nil)
        unanswered.sent(.ping)
        #expect(unanswered.refused() == .ping)
    }
}
