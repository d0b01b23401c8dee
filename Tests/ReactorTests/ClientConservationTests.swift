import Instruments
import TestKit
import Testing

@testable import Reactor

/// Clients to whom anything happens while sockets come and go: whatever that is, every frame has one outcome or is
/// pending, what the queues hold is what is counted, and nobody gets a frame twice or out of order.
struct ClientConservationTests {
    @Test(arguments: SeededGenerator.seeds(always: 1, 2, 3, 4, 5, 6))
    func `nothing is lost, doubled or out of order, however sockets come and go`(seed: UInt64) throws {
        _ = try Self.crowd(seed)
    }

    /// What a crowd meets depends on the kernel's timing too, so several of them are looked at together.
    @Test func `crowds meet everything that can happen, and every outcome`() throws {
        var events: Set<ClientCrowd.Event> = []
        var outcomes: Set<DeliveryOutcome> = []
        let expected: Set<DeliveryOutcome> = [.written, .closedBeforeWrite, .droppedSlowConsumer]
        for seed in UInt64(100)..<120 {
            let crowd = try Self.crowd(seed)
            events.formUnion(crowd.happened.keys)
            let lanes = crowd.driven.loop.snapshot().lanes.map(\.outcomes)
            outcomes.formUnion(expected.filter { outcome in lanes.contains { $0[outcome] > 0 } })
            if events.count == ClientCrowd.Event.allCases.count, outcomes == expected { return }
        }
        Issue.record("twenty crowds met \(events) and \(outcomes) only")
    }

    private static func crowd(_ seed: UInt64) throws -> ClientCrowd {
        var crowd = try ClientCrowd(seed: seed)
        for _ in 0..<500 {
            try crowd.step()
            crowd.hold()
        }
        crowd.end()
        crowd.hold()
        return crowd
    }
}

/// A few clients of a loop, all their peers, and what these got.
private struct ClientCrowd {
    enum Event: CaseIterable {
        case attached, detached, refusedInFrame, travelledBegun, parcelWritten, parcelLost, parcelLate, closed
        case finished, heldBack
    }

    /// What a client's frames went through, one after the other: a socket, or a parcel that was written.
    private final class Way {
        let peer: Peer?
        var bytes: [UInt8] = []

        init(_ peer: Peer?) {
            self.peer = peer
        }
    }

    private final class Client {
        let handle: ConnectionHandle
        let handler: RecordingHandler
        var ways: [Way] = []
        var parcels: [(FrameParcel, Way)] = []
        /// Sockets that were taken away go on as connections of their own, until they are flushed.
        var leftovers: [RecordingHandler] = []

        init(_ handle: ConnectionHandle, _ handler: RecordingHandler) {
            self.handle = handle
            self.handler = handler
        }
    }

    private static let header = 12

    let driven: DrivenLoop
    private(set) var happened: [Event: Int] = [:]
    private let ledger = DeliveryLedger()
    private let budget: QueueBudget
    private var clients: [Client] = []
    private var gone: [Client] = []
    private var number: UInt64 = 0
    private var random: SeededGenerator

    init(seed: UInt64) throws {
        self.random = SeededGenerator(printing: seed)
        self.budget = QueueBudget(limit: 60_000)
        let policy = SlowConsumerPolicy.allCases[Int(seed % 3)]
        let limits = SendQueueLimits(bytes: 15_000, age: .milliseconds(80), policy: policy)
        self.driven = try DrivenLoop(EventLoopConfiguration(queue: limits, totalQueue: self.budget))
        self.driven.loop.observeDeliveries(self.ledger)
        for _ in 0..<10 {
            try self.open()
        }
    }

    private mutating func open() throws {
        let handler = RecordingHandler()
        self.clients.append(Client(try #require(self.driven.loop.openClient(handler: handler)), handler))
    }

    private mutating func note(_ event: Event) {
        self.happened[event, default: 0] += 1
    }

    // MARK: what happens

    mutating func step() throws {
        self.deliverAnything()
        for place in self.clients.indices {
            try self.disturb(self.clients[place])
        }
        for client in self.clients where !self.driven.loop.isOpen(client.handle) {
            self.clients.removeAll { $0 === client }
            self.gone.append(client)
            try self.open()
        }
        self.driven.turn()
    }

    private mutating func deliverAnything() {
        let members = self.clients.map(\.handle).filter { _ in Bool.random(using: &self.random) }
        let late = self.gone.last.map { [$0.handle] } ?? []
        let batch = SendBatch(lane: UInt8.random(in: 1...3, using: &self.random))
        for _ in 0..<Int.random(in: 0...3, using: &self.random) {
            batch.append(self.frame().span, number: self.number)
        }
        self.ledger.deliver([Delivery(batch: batch, members: members + late, source: 1)], on: self.driven.loop)
    }

    /// A frame that begins with its number and its size.
    private mutating func frame(isNext: Bool = false) -> [UInt8] {
        self.number += 1
        let size = Int.random(in: Self.header...(Bool.random(using: &self.random) ? 100 : 6000), using: &self.random)
        let words = [isNext ? 0 : self.number, UInt64(size)]
        let head = words.flatMap { word in (0..<6).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
        return head + [UInt8](repeating: 7, count: size - head.count)
    }

    private mutating func disturb(_ client: Client) throws {
        switch Int.random(in: 0..<100, using: &self.random) {
        case 0..<10: try self.attach(client)
        case 10..<17: self.detach(client)
        case 17..<27: self.driven.loop.send(self.frame(), to: client.handle)
        case 27..<29: self.driven.loop.send(self.frame(isNext: true), to: client.handle, placement: .next)
        case 29..<45: self.take(client)
        case 45..<61: self.endParcel(of: client)
        case 61..<86: self.read(client)
        case 86:
            self.driven.loop.close(client.handle)
            self.note(.closed)
        case 87:
            self.driven.loop.finish(client.handle, timeout: .milliseconds(5))
            self.note(.finished)
        default: break
        }
    }

    private mutating func attach(_ client: Client) throws {
        let (connection, peer) = try self.driven.connect(RecordingHandler(), sendBuffer: 4096)
        guard let socket = self.driven.loop.detach(connection) else { return }
        guard self.driven.loop.attach(socket, to: client.handle) else {
            #expect(peer.receive() == nil, "one that is refused is closed")
            return
        }
        self.note(.attached)
        if !client.parcels.isEmpty {
            self.note(.heldBack)
        }
        client.ways.append(Way(peer))
    }

    private mutating func detach(_ client: Client) {
        guard let socket = self.driven.loop.detachSocket(of: client.handle) else {
            if self.driven.loop.hasSocket(client.handle) {
                self.note(.refusedInFrame)
            }
            return
        }
        self.note(.detached)
        let handler = RecordingHandler()
        guard let connection = self.driven.loop.attach(socket, handler: handler) else { return }
        if self.driven.loop.counters(of: connection)?.queuedBytes ?? 0 > 0 {
            self.note(.travelledBegun)
        }
        client.leftovers.append(handler)
        self.driven.loop.finish(connection, timeout: .seconds(60))
    }

    private mutating func take(_ client: Client) {
        let counters = self.driven.loop.counters(of: client.handle)
        let isAll = Bool.random(using: &self.random)
        let limit = isAll ? .max : Int.random(in: 0...4000, using: &self.random)
        guard let parcel = self.driven.loop.takeFrames(of: client.handle, upTo: limit) else { return }
        if isAll, client.parcels.isEmpty {
            #expect(parcel.byteCount == counters?.queuedBytes, "what is counted is there")
            #expect(parcel.frameCount == counters?.queuedMessages)
        }
        let way = Way(nil)
        parcel.forEachFrame { frame in
            way.bytes += frame.indices.map { frame[$0] }
        }
        client.ways.append(way)
        client.parcels.append((parcel, way))
    }

    private mutating func endParcel(of client: Client) {
        guard let place = client.parcels.indices.randomElement(using: &self.random) else { return }
        let (parcel, way) = client.parcels.remove(at: place)
        let isWritten = Int.random(in: 0..<4, using: &self.random) > 0
        if !isWritten || !self.driven.loop.isOpen(client.handle) {
            way.bytes = []
        }
        self.note(isWritten ? .parcelWritten : .parcelLost)
        self.driven.loop.endParcel(parcel, written: isWritten)
    }

    private mutating func read(_ client: Client) {
        for way in client.ways {
            way.bytes += way.peer?.receive(atMost: Int.random(in: 1...9000, using: &self.random)) ?? []
        }
    }

    // MARK: what must hold

    func hold() {
        #expect(self.ledger.faults.isEmpty)
        let snapshot = self.driven.loop.snapshot()
        let lanes = snapshot.lanes.dropFirst()
        #expect(self.ledger.all.delivered == lanes.reduce(0) { $0 + Int($1.outcomes.sum + $1.pending) })
        for outcome in DeliveryOutcome.allCases {
            #expect(self.ledger.all[outcome] == lanes.reduce(0) { $0 + Int($1.outcomes[outcome]) })
        }
        #expect(self.ledger.all.pending == lanes.reduce(0) { $0 + Int($1.pending) })
        let slab = self.driven.loop.slab
        let queued = (0..<UInt32(slab.used)).map { slab[$0].counters.queuedBytes }
        #expect(snapshot.queuedBytes == queued.reduce(0, +))
        #expect(self.budget.usedBytes == snapshot.queuedBytes)
        #expect(snapshot.backlogged == queued.filter { $0 > 0 }.count)
        #expect(slab.open + slab.closed <= slab.used)
    }

    /// Ends everything, reads what is left, and compares what each client got with what was counted.
    mutating func end() {
        for client in self.clients {
            self.driven.loop.finish(client.handle, timeout: .milliseconds(50))
        }
        let all = self.gone + self.clients
        var isRead = false
        let isOver = self.driven.turn {
            for client in all {
                for (parcel, way) in client.parcels {
                    // Late for those that are gone.
                    if !self.driven.loop.isOpen(client.handle) {
                        way.bytes = []
                        self.note(.parcelLate)
                    }
                    self.driven.loop.endParcel(parcel, written: true)
                }
                client.parcels = []
                for way in client.ways {
                    way.bytes += way.peer?.receive() ?? []
                }
            }
            defer { isRead = self.driven.loop.backlog.slots.isEmpty }
            return isRead && self.driven.loop.backlog.slots.isEmpty
        }
        #expect(isOver)
        self.driven.end()
        for client in all {
            for way in client.ways {
                way.bytes += way.peer?.receive() ?? []
            }
            self.compare(client)
        }
        #expect(self.driven.loop.backlog.bytes == 0 && self.budget.usedBytes == 0)
        #expect(self.ledger.all.pending == 0)
    }

    private func compare(_ client: Client) {
        var numbers: [UInt64] = []
        for way in client.ways {
            numbers += Self.numbers(in: way.bytes)
        }
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }, "once each, in order")
        let written = self.ledger.written(to: client.handle)
        #expect(written.isSubset(of: numbers), "what counts as written came")
        #expect(client.handler.final?.messagesSent == UInt64(written.count))
        let sent = ([client.handler] + client.leftovers).reduce(0) { $0 + ($1.final?.bytesSent ?? 0) }
        #expect(sent == UInt64(client.ways.reduce(0) { $0 + $1.bytes.count }))
    }

    /// The numbers of the whole frames in a stream, without those that went `.next`; one cut off by its end has none.
    private static func numbers(in bytes: [UInt8]) -> [UInt64] {
        var numbers: [UInt64] = []
        var start = 0
        while start + Self.header <= bytes.count {
            let words = [0, 6].map { word in
                (0..<6).reduce(UInt64(0)) { $0 | UInt64(bytes[start + word + $1]) << UInt64(8 * $1) }
            }
            start += Int(words[1])
            if start <= bytes.count, words[0] != 0 {
                numbers.append(words[0])
            }
        }
        return numbers
    }
}
