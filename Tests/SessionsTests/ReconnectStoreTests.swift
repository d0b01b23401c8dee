import Instruments
import Messaging
import Sessions
import Testing

@Suite struct ReconnectStoreTests {
    let start = Instant(nanoseconds: 1_000_000_000_000)
    let store = ReconnectStore(window: .seconds(120))
    let first = ConnectionID(ULID(high: 0, low: 1))

    func user(_ name: String) throws -> UserID { try UserID(name) }

    @Test func `a chain is continued once, with its place and the gap`() throws {
        let alice = try self.user("alice")
        self.store.issue("t1", to: alice, isAnonymous: false, on: self.first, place: 0)
        self.store.ended(token: "t1", user: alice, .native, at: self.start)
        let back = self.store.claim("t1", by: alice, isAnonymous: false, at: self.start + .seconds(5))
        #expect(back == ReconnectStore.Return(place: 1, connection: self.first, user: alice, gap: .seconds(5)))
        #expect(self.store.claim("t1", by: alice, isAnonymous: false, at: self.start + .seconds(6)) == nil)
    }

    @Test func `a chain whose connection has not ended yet can be continued`() throws {
        let alice = try self.user("alice")
        self.store.issue("t1", to: alice, isAnonymous: false, on: self.first, place: 4)
        #expect(
            self.store.claim("t1", by: alice, isAnonymous: false, at: self.start)
                == ReconnectStore.Return(place: 5, connection: self.first, user: alice, gap: nil)
        )
    }

    @Test func `a token is bound to its user`() throws {
        self.store.issue("t1", to: try self.user("alice"), isAnonymous: false, on: self.first, place: 0)
        #expect(self.store.claim("t1", by: try self.user("mallory"), isAnonymous: false, at: self.start) == nil)
        #expect(self.store.claim("t1", by: try self.user("alice"), isAnonymous: true, at: self.start) == nil)
        #expect(self.store.claim("t1", by: try self.user("alice"), isAnonymous: false, at: self.start) != nil)
    }

    @Test func `after the window a chain and a user are forgotten`() throws {
        let alice = try self.user("alice")
        self.store.issue("t1", to: alice, isAnonymous: false, on: self.first, place: 0)
        self.store.ended(token: "t1", user: alice, .native, at: self.start)
        let late = self.start + .seconds(121)
        #expect(self.store.claim("t1", by: alice, isAnonymous: false, at: late) == nil)
        #expect(self.store.returning(alice, .native, at: late) == nil)
        #expect(self.store.count == 0)
    }

    @Test func `a named user's return counts once, for its protocol`() throws {
        let alice = try self.user("alice")
        self.store.ended(token: nil, user: alice, .plain, at: self.start)
        #expect(self.store.returning(alice, .native, at: self.start + .seconds(1)) == nil)
        #expect(self.store.returning(alice, .plain, at: self.start + .seconds(2)) == .seconds(2))
        #expect(self.store.returning(alice, .plain, at: self.start + .seconds(3)) == nil)
    }

    @Test func `the oldest are forgotten when there are too many`() throws {
        let store = ReconnectStore(window: .seconds(120), maximumEntries: 10)
        for number in 0..<100 {
            store.ended(token: nil, user: try self.user("u\(number)"), .plain, at: self.start)
        }
        #expect(store.count <= 11)
        #expect(store.returning(try self.user("u0"), .plain, at: self.start) == nil)
        #expect(store.returning(try self.user("u99"), .plain, at: self.start) != nil)
    }
}
