import Testing

@testable import RedisBroker

@Suite struct RedisProbeTests {
    private var probe = RedisProbe()

    @Test mutating func `a probe that comes back is no concern`() {
        let number = self.probe.next()
        self.probe.accepted(number)
        #expect(self.probe.isOverdue)
        self.probe.came(number)
        #expect(!self.probe.isOverdue)
    }

    @Test mutating func `it may come back before Redis' answer`() {
        let number = self.probe.next()
        self.probe.came(number)
        self.probe.accepted(number)
        #expect(!self.probe.isOverdue)
    }

    @Test mutating func `one that Redis has not taken proves nothing`() {
        _ = self.probe.next()
        #expect(!self.probe.isOverdue)
    }

    @Test mutating func `messages of rooms are proof as well`() {
        self.probe.accepted(self.probe.next())
        self.probe.messagesCame()
        #expect(!self.probe.isOverdue)
    }

    @Test mutating func `a new subscription is not measured by old probes`() {
        let old = self.probe.next()
        self.probe.reset()
        self.probe.accepted(old)
        #expect(!self.probe.isOverdue)
        self.probe.accepted(self.probe.next())
        #expect(self.probe.isOverdue)
    }
}
