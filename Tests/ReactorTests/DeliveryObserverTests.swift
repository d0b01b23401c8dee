import Instruments
import TestKit
import Testing

@testable import Reactor

/// Of every frame and member exactly one of these is true: written at once and not told of, told an outcome, queued.
struct DeliveryObserverTests {
    @Test(arguments: Wire.allCases, SeededGenerator.seeds(always: 1, 2, 3))
    func `each frame's fate is told once, to the frame and the member that have it`(wire: Wire, seed: UInt64) throws {
        let policy = SlowConsumerPolicy.allCases[Int(seed % 3)]
        var crowd = try Crowd(wire, seed: seed, SendQueueLimits(bytes: 12_000, age: .milliseconds(60), policy: policy))
        for _ in 0..<(wire == .plain ? 120 : 50) {
            crowd.deliverAnything()
            for place in crowd.peers.indices {
                crowd.disturb(place)
                try crowd.replaceIfClosed(place)
            }
            crowd.driven.turn()
            crowd.hold()
        }
        crowd.drain()
        crowd.driven.end()
        crowd.hold()
        #expect(crowd.ledger.all.pending == 0)
        let happened = DeliveryOutcome.allCases.filter { crowd.ledger.all[$0] > 0 }
        #expect(Set(happened).isSuperset(of: [.written, .closedBeforeWrite, .senderExcluded]))
        #expect(happened.contains(.droppedSlowConsumer) || happened.contains(.writeError))
    }

    @Test func `one that leaves with frames queued is told of each, once`() throws {
        let (room, ledger) = try Self.room(members: 2, SendQueueLimits())
        let frames = (0..<60).map { _ in [UInt8](repeating: 1, count: 1000) }
        ledger.deliver(
            [Delivery(batch: SendBatch(lane: 1, frames), members: room.members, source: 7)],
            on: room.driven.loop
        )
        let written = try room.members.map { try #require(room.driven.loop.counters(of: $0)).messagesSent }
        #expect(ledger.all.pending == 120 - Int(written[0] + written[1]))
        room.driven.loop.close(room.members[0])
        for number in 1...60 as ClosedRange<UInt64> {
            let expected = number <= written[0] ? nil : DeliveryOutcome.closedBeforeWrite
            #expect(ledger.outcome(number, room.members[0]) == expected)
            #expect(ledger.outcome(number, room.members[1]) == nil)
        }
        var received = [[UInt8]](repeating: [], count: 2)
        #expect(room.drain(&received))
        for number in 1...60 as ClosedRange<UInt64> {
            let expected = number <= written[1] ? nil : DeliveryOutcome.written
            #expect(ledger.outcome(number, room.members[1]) == expected)
        }
        #expect(ledger.faults.isEmpty)
        room.driven.end()
    }

    @Test func `a full queue by each policy tells whose frames go`() throws {
        for policy in SlowConsumerPolicy.allCases {
            let (room, ledger) = try Self.room(members: 1, SendQueueLimits(bytes: 20_000, policy: policy))
            let frames = (0..<100).map { _ in [UInt8](repeating: 1, count: 1000) }
            ledger.deliver(
                [Delivery(batch: SendBatch(lane: 1, frames), members: room.members, source: 7)],
                on: room.driven.loop
            )
            let dropped = (1...100).filter { ledger.outcome($0, room.members[0]) == .droppedSlowConsumer }
            let ended = (1...100).filter { ledger.outcome($0, room.members[0]) == .closedBeforeWrite }
            switch policy {
            case .close:
                #expect(dropped.count == 1 && ended.last == 100, "one does not fit, the others go with it")
                #expect(ended.count == 100 - Int(room.count(.written)) - 1 - ledger.all.pending)
            case .dropNewest:
                #expect(dropped == Array((101 - UInt64(dropped.count))...100) && ended.isEmpty)
            case .dropOldest:
                #expect(dropped.count > 1 && dropped.last! < 100 && ended.isEmpty)
                #expect(dropped == Array(dropped[0]...dropped.last!), "side by side, after the one begun")
            }
            #expect(ledger.faults.isEmpty)
            #expect(ledger.all[.droppedSlowConsumer] == Int(room.count(.droppedSlowConsumer)))
            room.driven.end()
            #expect(ledger.all.pending == 0)
        }
    }

    @Test func `a write error, a stale handle and one's own frame are told at once`() throws {
        let (room, ledger) = try Self.room(members: 3, SendQueueLimits())
        let stale = ConnectionHandle(slot: 4000, generation: 9)
        room.peers[1].close()
        var delivery = Delivery(
            batch: SendBatch(lane: 1, [[1], [2]], from: 40),
            members: room.members + [stale],
            source: 7
        )
        delivery.exclusions = [(room.members[2], frame: 1)]
        ledger.deliver([delivery], on: room.driven.loop)
        #expect(ledger.outcome(40, room.members[0]) == nil && ledger.outcome(41, room.members[0]) == nil)
        #expect(
            ledger.outcome(40, room.members[1]) == .writeError && ledger.outcome(41, room.members[1]) == .writeError
        )
        #expect(ledger.outcome(40, room.members[2]) == nil && ledger.outcome(41, room.members[2]) == .senderExcluded)
        #expect(ledger.outcome(40, stale) == .closedBeforeWrite && ledger.outcome(41, stale) == .closedBeforeWrite)
        #expect(ledger.all.told == 5 && ledger.all.pending == 0 && ledger.faults.isEmpty)
        room.driven.end()
    }

    @Test func `those that are too old, and those past the shared bound, are told`() throws {
        let (aged, old) = try Self.room(members: 1, SendQueueLimits(age: .milliseconds(30)))
        let large = [[UInt8](repeating: 5, count: 100_000), [6]]
        old.deliver(
            [Delivery(batch: SendBatch(lane: 1, large), members: aged.members, source: 1)],
            on: aged.driven.loop
        )
        #expect(old.all.pending == 2)
        #expect(aged.driven.turn { aged.handlers[0].isClosed })
        #expect(old.all[.closedBeforeWrite] == 2 && old.faults.isEmpty)
        let (many, much) = try Self.room(members: 2, SendQueueLimits(), QueueBudget(limit: 150_000))
        much.deliver(
            [Delivery(batch: SendBatch(lane: 1, large), members: many.members, source: 1)],
            on: many.driven.loop
        )
        #expect(much.all[.closedBeforeWrite] == 2 && much.all.pending == 2 && much.faults.isEmpty)
        many.driven.end()
        #expect(much.all[.closedBeforeWrite] == 4)
    }

    private static func room(
        members: Int,
        _ limits: SendQueueLimits,
        _ budget: QueueBudget? = nil
    ) throws -> (DeliveryRoom, DeliveryLedger) {
        let room = try DeliveryRoom(.plain, members: members, sendBuffer: 4096, queue: limits, budget: budget)
        let ledger = DeliveryLedger()
        room.driven.loop.observeDeliveries(ledger)
        return (room, ledger)
    }
}

/// Members to whom anything may happen, and what is told of their frames.
private struct Crowd {
    let driven: DrivenLoop
    private let wire: Wire
    let ledger = DeliveryLedger()
    private(set) var peers: [Peer] = []
    private var members: [ConnectionHandle] = []
    private var handlers: [RecordingHandler] = []
    private var received: [[UInt8]] = []
    private var gone: [(ConnectionHandle, RecordingHandler)] = []
    private var number: UInt64 = 0
    private var random: SeededGenerator

    init(_ wire: Wire, seed: UInt64, _ limits: SendQueueLimits) throws {
        self.random = SeededGenerator(printing: seed)
        self.wire = wire
        let budget = QueueBudget(limit: 400_000)
        self.driven = try DrivenLoop(EventLoopConfiguration(queue: limits, totalQueue: budget))
        self.driven.loop.observeDeliveries(self.ledger)
        for place in 0..<24 {
            try self.add(at: place)
        }
    }

    private mutating func add(at place: Int) throws {
        let handler = RecordingHandler()
        let (member, peer) = try self.driven.connect(handler, sendBuffer: 4096, wire: self.wire)
        guard place < self.members.count else {
            self.members.append(member)
            self.peers.append(peer)
            self.handlers.append(handler)
            return self.received.append([])
        }
        self.gone.append((self.members[place], self.handlers[place]))
        self.members[place] = member
        self.peers[place] = peer
        self.handlers[place] = handler
        self.received[place] = []
    }

    mutating func replaceIfClosed(_ place: Int) throws {
        if !self.driven.loop.isOpen(self.members[place]) {
            try self.add(at: place)
        }
    }

    mutating func deliverAnything() {
        var deliveries: [Delivery] = []
        for lane in 1...UInt8.random(in: 1...3, using: &self.random) {
            var members = self.members.filter { _ in Bool.random(using: &self.random) }
            if let stale = self.gone.last?.0, !members.contains(stale) {
                members.append(stale)
            }
            let batch = SendBatch(lane: lane)
            for _ in 0..<Int.random(in: 0...4, using: &self.random) {
                self.number += 1
                batch.append(
                    self.frame(bytes: Int.random(in: 10...6000, using: &self.random)).span,
                    number: self.number
                )
            }
            var delivery = Delivery(batch: batch, members: members, source: UInt32(lane))
            let publisher = self.members[Int.random(in: self.members.indices, using: &self.random)]
            delivery.exclusions.append((publisher, Int.random(in: 0...6, using: &self.random)))
            deliveries.append(delivery)
        }
        if Int.random(in: 0..<6, using: &self.random) == 0 {
            // Its first write fails, before the loop hears that it is gone.
            self.peers.randomElement(using: &self.random)?.close()
        }
        self.ledger.deliver(deliveries, on: self.driven.loop)
    }

    /// A frame that says its number and its size.
    private func frame(bytes count: Int) -> [UInt8] {
        let head = [self.number, UInt64(count)].flatMap { value in
            stride(from: 32, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt64($0)) }
        }
        return head + [UInt8](repeating: 7, count: count - head.count)
    }

    mutating func disturb(_ place: Int) {
        let member = self.members[place]
        switch Int.random(in: 0..<80, using: &self.random) {
        case 0: self.peers[place].close()
        case 1: self.driven.loop.close(member)
        case 2: self.driven.loop.finish(member, timeout: .milliseconds(5))
        case 3..<34:
            self.received[place] += self.peers[place].receive(atMost: Int.random(in: 1...9000, using: &self.random))
        default: break
        }
    }

    /// Takes what arrives until nothing is queued; each peer has then exactly what the ledger says was written.
    func drain() {
        var received = self.received
        let isDrained = self.driven.turn {
            for (place, peer) in self.peers.enumerated() {
                received[place] += peer.receive() ?? []
            }
            return self.driven.loop.backlog.slots.isEmpty
        }
        #expect(isDrained)
        self.driven.turn(times: 3)
        for (place, peer) in self.peers.enumerated() where self.driven.loop.isOpen(self.members[place]) {
            received[place] += peer.receive() ?? []
            #expect(Set(Self.numbers(in: received[place])) == self.ledger.written(to: self.members[place]))
        }
    }

    private static func numbers(in bytes: [UInt8]) -> [UInt64] {
        var numbers: [UInt64] = []
        var start = 0
        while start + 10 <= bytes.count {
            let words = [0, 5].map { bytes[start + $0..<start + $0 + 5].reduce(0) { $0 << 8 | UInt64($1) } }
            numbers.append(words[0])
            start += Int(words[1])
        }
        #expect(start == bytes.count, "whole frames")
        return numbers
    }

    /// Holds the ledger against the tally and against each connection's own counters.
    func hold() {
        #expect(self.ledger.faults.isEmpty)
        let lanes = self.driven.loop.snapshot().lanes.dropFirst()
        for outcome in DeliveryOutcome.allCases {
            #expect(self.ledger.all[outcome] == lanes.reduce(0) { $0 + Int($1.outcomes[outcome]) })
        }
        #expect(self.ledger.all.pending == lanes.reduce(0) { $0 + Int($1.pending) })
        for (member, handler) in Array(zip(self.members, self.handlers)) + self.gone.suffix(3) {
            let told = self.ledger.members[member] ?? DeliveryLedger.Counts()
            guard let counters = self.driven.loop.counters(of: member) ?? handler.final else { continue }
            #expect(Int(counters.dropped) == told[.droppedSlowConsumer])
            #expect(Int(counters.messagesSent) == told[.written])
        }
    }
}
