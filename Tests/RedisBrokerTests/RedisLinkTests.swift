import Instruments
import Reactor
import TestKit
import Testing

@testable import RedisBroker

@Suite struct RedisLinkTests {
    private static let address = SocketAddress(ip: "192.0.2.1", port: 6379)!
    private static let second = SocketAddress(ip: "2001:db8::1", port: 6379)!

    private var now = Instant(nanoseconds: 1_000_000_000)
    private var link = RedisLink(
        host: "redis.test",
        patience: .seconds(5),
        pingInterval: .seconds(2),
        haste: .zero,
        now: Instant(nanoseconds: 1_000_000_000)
    )

    /// Lets time pass until the link has something to do.
    private mutating func act() -> RedisLink.Action? {
        guard let deadline = self.link.deadline else { return nil }
        self.now = max(self.now, deadline)
        return self.link.tick(at: self.now)
    }

    private mutating func becomeReady() {
        guard case .resolve(let attempt) = self.act() else { return }
        _ = self.link.resolved([Self.address], attempt: attempt)
        self.link.connected(at: self.now)
        self.link.greeted(at: self.now)
    }

    @Test mutating func `it resolves, connects, is greeted and stands`() {
        #expect(self.act() == .resolve(attempt: 1))
        #expect(self.link.resolved([Self.address], attempt: 1) == .connect(Self.address))
        #expect(self.link.deadline == nil)
        self.link.connected(at: self.now)
        #expect(!self.link.isReady)
        self.link.greeted(at: self.now)
        #expect(self.link.isReady)
    }

    @Test mutating func `what takes too long is given up`() {
        _ = self.act()
        #expect(self.act() == .giveUp(.resolveTimedOut(host: "redis.test")))
        _ = self.link.ended(at: self.now, chance: 0.5)
        #expect(self.act() == .resolve(attempt: 2))
        _ = self.link.resolved([Self.address], attempt: 2)
        self.link.connected(at: self.now)
        let before = self.now
        #expect(self.act() == .giveUp(.greetingTimedOut))
        #expect(self.now - before == .seconds(5))
    }

    @Test mutating func `for as long as somebody waits, rests are short, and then they grow`() {
        self.link = RedisLink(
            host: "redis.test",
            patience: .seconds(5),
            pingInterval: .seconds(2),
            haste: .seconds(5),
            now: self.now
        )
        self.becomeReady()
        let lost = self.now
        _ = self.link.ended(at: self.now, chance: 1)
        var rests: [Duration] = []
        while self.now - lost < .seconds(60) {
            let before = self.now
            guard case .resolve(let attempt) = self.act() else { break }
            rests.append(self.now - before)
            _ = self.link.unresolved(reason: "", attempt: attempt)
            _ = self.link.ended(at: self.now, chance: 1)
        }
        #expect(rests.prefix(20).allSatisfy { $0 <= .milliseconds(250) })
        #expect(rests.last == .seconds(10))
    }

    @Test mutating func `where the other connection stands, the end of a rest is not waited for`() {
        self.becomeReady()
        self.link.hurry(at: self.now)
        #expect(self.link.isReady)
        _ = self.link.ended(at: self.now, chance: 1)
        #expect(self.link.deadline! > self.now)
        self.link.hurry(at: self.now)
        #expect(self.link.tick(at: self.now) == .resolve(attempt: 2))
    }

    @Test mutating func `what Redis sent before a PING that it answered has come`() {
        self.becomeReady()
        let greeted = self.now
        #expect(self.link.provenAt == greeted)
        #expect(self.act() == .ping)
        let sent = self.now
        self.now = self.now + .seconds(1)
        #expect(self.link.provenAt == greeted)
        _ = self.link.ponged(at: self.now)
        #expect(self.link.provenAt == sent)
    }

    @Test mutating func `an answer of the resolver that comes too late is no answer`() {
        _ = self.act()
        _ = self.act()
        _ = self.link.ended(at: self.now, chance: 0.5)
        _ = self.act()
        #expect(self.link.resolved([Self.address], attempt: 1) == nil)
        #expect(self.link.unresolved(reason: "late", attempt: 1) == nil)
        #expect(self.link.resolved([Self.address], attempt: 2) == .connect(Self.address))
    }

    @Test mutating func `every address of the host is tried before it rests`() {
        _ = self.act()
        _ = self.link.resolved([Self.address, Self.second], attempt: 1)
        #expect(self.link.ended(at: self.now, chance: 0.5) == .connect(Self.second))
        #expect(self.link.ended(at: self.now, chance: 0.5) == nil)
        #expect(self.act() == .resolve(attempt: 2))
    }

    @Test mutating func `an address whose greeting fails is followed by the next one too`() {
        _ = self.act()
        _ = self.link.resolved([Self.address, Self.second], attempt: 1)
        self.link.connected(at: self.now)
        #expect(self.link.ended(at: self.now, chance: 0.5) == .connect(Self.second))
        self.link.connected(at: self.now)
        #expect(self.link.ended(at: self.now, chance: 0.5) == nil)
        #expect(self.act() == .resolve(attempt: 2))
    }

    @Test mutating func `a host without addresses or answer is a fault that names it`() {
        _ = self.act()
        #expect(
            self.link.resolved([], attempt: 1) == .giveUp(.unresolvable(host: "redis.test", reason: "no addresses"))
        )
        #expect(
            self.link.unresolved(reason: "unknown", attempt: 1)
                == .giveUp(.unresolvable(host: "redis.test", reason: "unknown"))
        )
    }

    @Test mutating func `rests grow to ten seconds, and half of each is chance`() {
        var rests: [Duration] = []
        for chance in Array(repeating: [0, 1, 0.25], count: 4).joined() {
            guard case .resolve(let attempt) = self.act() else { break }
            _ = self.link.resolved([Self.address], attempt: attempt)
            _ = self.link.ended(at: self.now, chance: chance)
            rests.append(self.link.deadline! - self.now)
        }
        var step = Duration.milliseconds(100)
        for part in Array(repeating: [0.5, 1, 0.625], count: 4).joined() {
            #expect(rests.removeFirst() == step * part)
            step = min(step * 2, .seconds(10))
        }
    }

    @Test mutating func `only a connection that has answered a PING makes rests short again`() {
        for _ in 0..<8 {
            self.becomeReady()
            _ = self.link.ended(at: self.now, chance: 0.5)
        }
        #expect(self.link.deadline! - self.now > .seconds(4))
        self.becomeReady()
        #expect(self.act() == .ping)
        #expect(self.link.ponged(at: self.now + .milliseconds(3)) == .milliseconds(3))
        _ = self.link.ended(at: self.now, chance: 0.5)
        #expect(self.link.deadline! - self.now <= .milliseconds(100))
    }

    @Test mutating func `it is pinged every interval, and given up when one is not answered for as long`() {
        self.becomeReady()
        let ready = self.now
        #expect(self.act() == .ping)
        #expect(self.now - ready == .seconds(2))
        _ = self.link.ponged(at: self.now)
        #expect(self.act() == .ping)
        #expect(self.now - ready == .seconds(4))
        #expect(self.act() == .giveUp(.pingTimedOut))
        #expect(self.now - ready == .seconds(6))
    }

    @Test mutating func `while anything comes, a PING may wait for its answer`() {
        self.becomeReady()
        _ = self.act()
        let pinged = self.now
        for seconds in 1...20 {
            self.now = pinged + .seconds(seconds)
            self.link.heard(at: self.now)
            #expect(self.link.tick(at: self.now) == nil)
        }
        #expect(self.link.ponged(at: self.now) == .seconds(20))
        #expect(self.act() == .ping)
    }

    @Test mutating func `a PONG that nobody asked for is nothing`() {
        self.becomeReady()
        #expect(self.link.ponged(at: self.now) == nil)
    }

    @Test mutating func `once stopped it does nothing more`() {
        self.becomeReady()
        self.link.stop()
        #expect(self.link.deadline == nil)
        #expect(self.link.tick(at: self.now + .seconds(100)) == nil)
        #expect(self.link.ended(at: self.now, chance: 0.5) == nil)
        #expect(self.link.deadline == nil)
    }
}
