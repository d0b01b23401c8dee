import Instruments
import Messaging
import Reactor
import TestKit
import Testing

@testable import Sessions

@Suite struct CensusTests {
    private func tell(_ stage: SessionStage) -> [CensusRow] {
        var rows: [CensusRow] = []
        var next: Int? = 0
        while let start = next {
            let slice = stage.registry.tell(from: start)
            rows += slice.rows
            next = slice.next
        }
        return rows
    }

    private func endWindow(_ stage: SessionStage, kernelCalls: Int = 1000) -> [CensusRow] {
        var rows: [CensusRow] = []
        var next: Int? = 0
        while let start = next {
            let slice = stage.registry.endWindow(from: start, kernelCalls: kernelCalls)
            rows += slice.rows
            next = slice.next
        }
        return rows
    }

    @Test func `a row says what is new, once`() throws {
        let stage = try SessionStage()
        let alice = try stage.open(stage.user("alice"))
        _ = try stage.open(.anonymous)
        #expect(self.tell(stage).map(\.isNew) == [true, true])
        #expect(self.tell(stage).isEmpty)
        alice.publish(#""x""#, to: "r")
        let rows = self.tell(stage)
        #expect(rows.map(\.user.text) == ["alice"])
        #expect(rows.map(\.news.messagesReceived) == [1])
        #expect(rows.map(\.isNew) == [false])
        #expect(self.tell(stage).isEmpty)
    }

    @Test func `nobody is told of before it has a name, and then all at once`() throws {
        let stage = try SessionStage()
        let client = try stage.open(.unnamed)
        _ = client.peer.send("12345")
        stage.driven.turn()
        #expect(self.tell(stage).isEmpty)
        client.ask(.connect(token: nil, resume: nil))
        let rows = self.tell(stage)
        #expect(rows.map(\.news.bytesReceived) == [5])
        #expect(rows.map { $0.user.anonymous == $0.connection } == [true])
    }

    @Test func `the last of a connection is its departure`() throws {
        let stage = try SessionStage()
        let alice = try stage.open(stage.user("alice"))
        alice.publish(#""x""#, to: "r")
        _ = self.tell(stage)
        alice.publish(#""y""#, to: "r")
        try stage.cut(alice)
        #expect(self.tell(stage).isEmpty)
        let gone = stage.registry.takeDepartures()
        #expect(gone.all.map(\.user?.text) == ["alice"])
        #expect(gone.all.map(\.news.messagesReceived) == [1])
        #expect(gone.all.map(\.isNew) == [false])
        #expect(gone.open == 0)
        #expect(stage.registry.takeDepartures().all.isEmpty)
    }

    @Test func `a slot's next connection starts anew`() throws {
        let stage = try SessionStage()
        let first = try stage.open(stage.user("alice"))
        first.publish(#""x""#, to: "r")
        _ = self.endWindow(stage)
        try stage.cut(first)
        stage.driven.turn()
        let second = try stage.open(stage.user("bob"))
        #expect(second.handle.slot == first.handle.slot)
        second.publish(#""x""#, to: "r")
        let rows = self.tell(stage)
        #expect(rows.map(\.news.messagesReceived) == [1])
        #expect(rows.map(\.isNew) == [true])
        #expect(rows.map(\.rates) == [TrafficRates()])
    }

    @Test func `rates are those of the window, also of one that came in the middle`() throws {
        let stage = try SessionStage()
        let alice = try stage.open(stage.user("alice"))
        _ = self.endWindow(stage)
        let began = stage.driven.loop.now
        stage.driven.turn()
        let bob = try stage.open(stage.user("bob"))
        let came = stage.driven.loop.now
        for client in [alice, bob] {
            for _ in 0..<20 {
                client.publish(#""x""#, to: "r")
            }
        }
        // What a scrape was told meanwhile belongs to the window all the same.
        #expect(self.tell(stage).map(\.news.messagesReceived) == [20, 20])
        alice.publish(#""x""#, to: "r")
        stage.driven.turn()
        let rows = self.endWindow(stage)
        let now = stage.driven.loop.now
        let rates = Dictionary(uniqueKeysWithValues: rows.map { ($0.user.text, $0.rates.messagesReceived) })
        #expect(rates["alice"] == 21 / max(0.001, Float((now - began).inSeconds)))
        #expect(rates["bob"] == 20 / max(0.001, Float((now - came).inSeconds)))
        // A window in which nothing happened says nothing.
        #expect(self.endWindow(stage).isEmpty)
    }

    @Test(arguments: [0, 2, 5]) func `the kernel is asked as often as it may be`(_ calls: Int) throws {
        let stage = try SessionStage()
        let clients = try (0..<5).map { try stage.openTCP(stage.user("u\($0)")) }
        #expect(self.endWindow(stage, kernelCalls: calls).count { $0.gauges.kernelRoundTrip > 0 } == calls)
        withExtendedLifetime(clients) {}
    }

    @Test func `a client that comes back counts one reconnect`() throws {
        let stage = try SessionStage()
        let first = try stage.open(stage.user("alice"), .plain)
        try stage.cut(first)
        stage.driven.turn()
        _ = try stage.open(stage.user("alice"), .plain)
        #expect(self.tell(stage).map(\.news.reconnects) == [1])
        #expect(self.endWindow(stage).allSatisfy { $0.news.reconnects == 0 })
    }

    @Test func `parts of a pass cover every place once`() throws {
        let stage = try SessionStage()
        let count = SessionRegistry.placesWithKernel + 40
        for _ in 0..<count {
            _ = try stage.open(.anonymous)
        }
        let rows = self.endWindow(stage, kernelCalls: 0)
        #expect(rows.count == count)
        #expect(Set(rows.map(\.connection)).count == count)
    }
}

@Suite struct SlotReadingTests {
    @Test func `every connection has one, so it is small`() {
        #expect(MemoryLayout<SlotReading>.stride == 32)
    }

    @Test func `news are exact however large the totals are`() {
        var random = SeededGenerator()
        var reading = SlotReading()
        var totals = Traffic()
        var sum = Traffic()
        for _ in 0..<2000 {
            totals.bytesSent += random.next() % (1 << 36)
            totals.bytesReceived += random.next() % (1 << 36)
            totals.messagesSent += random.next() % (1 << 32)
            totals.messagesReceived += random.next() % (1 << 32)
            totals.dropped += random.next() % (1 << 32)
            sum += reading.tell(totals, hasReturned: true)
        }
        totals.reconnects = 1
        #expect(sum == totals)
        #expect(!reading.hasNews(totals))
        totals.messagesReceived += 1
        #expect(reading.hasNews(totals))
    }

    @Test func `retransmits are counted, also where another socket starts over`() {
        var reading = SlotReading()
        var sum: UInt64 = 0
        for count in [3, 3, 7, 70_000, 2, 5] as [UInt32] {
            reading.kernel = KernelReading(roundTrip: 1, retransmits: count)
            sum += reading.tell(Traffic(), hasReturned: false).retransmits
        }
        // 70,000 is more than can be told apart between two looks: the upper bits are lost.
        #expect(sum == 7 + (70_000 - 7) % 65_536 + 5)
    }
}
