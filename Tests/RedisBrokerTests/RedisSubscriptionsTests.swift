import Messaging
import TestKit
import Testing

@testable import RedisBroker

@Suite struct RedisSubscriptionsTests {
    private static let lobby = try! RoomName("lobby")

    private var wanted: Set<RoomName> = []
    private var subscriptions = RedisSubscriptions()

    private mutating func examine() -> RedisSubscriptions.Findings {
        let wanted = self.wanted
        return self.subscriptions.examine { wanted.contains($0) }
    }

    private mutating func want(_ isWanted: Bool) -> RedisSubscriptions.Findings {
        if isWanted {
            self.wanted.insert(Self.lobby)
        } else {
            self.wanted.remove(Self.lobby)
        }
        self.subscriptions.reconsider([Self.lobby])
        return self.examine()
    }

    @Test mutating func `a room that is wanted is subscribed to, and stands once that is confirmed`() {
        self.subscriptions.opened()
        #expect(self.want(true) == .init(subscribe: [Self.lobby]))
        #expect(self.want(true) == .init())
        #expect(self.subscriptions.subscribed(Self.lobby) == true)
        #expect(self.subscriptions.subscribedCount == 1)
        #expect(self.examine() == .init(standing: [Self.lobby]))
        #expect(self.want(true) == .init(standing: [Self.lobby]))
    }

    @Test mutating func `a room that is left is given up and forgotten`() {
        self.subscriptions.opened()
        _ = self.want(true)
        _ = self.subscriptions.subscribed(Self.lobby)
        #expect(self.want(false) == .init(unsubscribe: [Self.lobby], forgotten: [Self.lobby]))
        #expect(self.subscriptions.subscribedCount == 0)
        #expect(self.subscriptions.unsubscribed(Self.lobby) == true)
        #expect(self.examine() == .init())
        #expect(self.subscriptions.isSettled)
    }

    @Test mutating func `one command is under way for a room, whatever is wanted meanwhile`() {
        self.subscriptions.opened()
        #expect(self.want(true).subscribe == [Self.lobby])
        #expect(self.want(false) == .init(forgotten: [Self.lobby]))
        #expect(self.want(true) == .init())
        #expect(self.want(false) == .init(forgotten: [Self.lobby]))
        #expect(self.subscriptions.subscribed(Self.lobby) == true)
        #expect(self.examine() == .init(unsubscribe: [Self.lobby], forgotten: [Self.lobby]))
        #expect(self.want(true) == .init())
        #expect(self.subscriptions.unsubscribed(Self.lobby) == true)
        #expect(self.examine() == .init(subscribe: [Self.lobby]))
        #expect(self.subscriptions.subscribed(Self.lobby) == true)
        #expect(self.examine() == .init(standing: [Self.lobby]))
    }

    @Test mutating func `a room that is left and wanted again before anybody looked was never away`() {
        self.subscriptions.opened()
        _ = self.want(true)
        _ = self.subscriptions.subscribed(Self.lobby)
        _ = self.examine()
        self.subscriptions.reconsider([Self.lobby])
        self.subscriptions.reconsider([Self.lobby])
        #expect(self.examine() == .init(standing: [Self.lobby]))
    }

    @Test mutating func `after a lost connection all that is wanted is subscribed to anew`() {
        self.subscriptions.opened()
        _ = self.want(true)
        _ = self.subscriptions.subscribed(Self.lobby)
        _ = self.examine()
        self.subscriptions.lost()
        #expect(self.subscriptions.subscribedCount == 0)
        #expect(self.examine() == .init())
        self.subscriptions.opened()
        #expect(self.examine() == .init(subscribe: [Self.lobby]))
    }

    @Test mutating func `it is back when the rooms of before are subscribed to, whatever comes and goes`() throws {
        let (kept, left) = (try RoomName("kept"), try RoomName("left"))
        self.wanted = [kept, left]
        self.subscriptions.reconsider(self.wanted)
        #expect(self.examine() == .init())
        #expect(!self.subscriptions.isBack)
        self.subscriptions.opened()
        _ = self.examine()
        _ = self.want(true)
        self.wanted.remove(left)
        #expect(self.subscriptions.subscribed(kept) == true)
        #expect(!self.subscriptions.isBack)
        #expect(self.subscriptions.subscribed(left) == true)
        #expect(self.subscriptions.isBack && !self.subscriptions.isSettled)
    }

    @Test mutating func `what was left while there was no connection is forgotten at once`() {
        self.subscriptions.opened()
        _ = self.want(true)
        _ = self.subscriptions.subscribed(Self.lobby)
        _ = self.examine()
        self.subscriptions.lost()
        #expect(self.want(false) == .init(forgotten: [Self.lobby]))
        #expect(self.want(true) == .init())
        self.subscriptions.opened()
        #expect(self.examine() == .init(subscribe: [Self.lobby]))
    }

    @Test mutating func `what was under way when the connection was lost is looked at again`() {
        self.subscriptions.opened()
        _ = self.want(true)
        _ = self.subscriptions.subscribed(Self.lobby)
        _ = self.examine()
        _ = self.want(false)
        _ = self.want(true)
        self.subscriptions.lost()
        #expect(self.examine() == .init())
        self.subscriptions.opened()
        #expect(self.examine() == .init(subscribe: [Self.lobby]))
        _ = self.want(false)
        self.subscriptions.lost()
        #expect(self.examine() == .init(forgotten: [Self.lobby]))
        self.subscriptions.opened()
        #expect(self.examine() == .init())
    }

    @Test mutating func `confirmations that nobody waits for are nothing, but an ended subscription is told`() {
        self.subscriptions.opened()
        #expect(self.subscriptions.subscribed(Self.lobby) == false)
        #expect(self.subscriptions.unsubscribed(Self.lobby) == true)
        _ = self.want(true)
        _ = self.subscriptions.subscribed(Self.lobby)
        #expect(self.subscriptions.subscribed(Self.lobby) == false)
        #expect(self.subscriptions.unsubscribed(Self.lobby) == false)
        #expect(self.subscriptions.subscribedCount == 1)
    }

    @Test mutating func `commands under way are bounded, and the rest follows`() throws {
        self.subscriptions = RedisSubscriptions(maximumUnconfirmed: 10)
        self.subscriptions.opened()
        let rooms = try (0..<25).map { try RoomName("room\($0)") }
        self.wanted = Set(rooms)
        self.subscriptions.reconsider(rooms)
        var all: Set<RoomName> = []
        var rounds: [Int] = []
        while !self.subscriptions.isSettled {
            let batch = self.examine().subscribe
            rounds.append(batch.count)
            all.formUnion(batch)
            for room in batch {
                #expect(self.subscriptions.subscribed(room) == true)
            }
        }
        #expect(all == self.wanted)
        #expect(rounds.max() == 10)
        #expect(self.subscriptions.subscribedCount == 25)
    }
}
