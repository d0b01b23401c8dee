import Instruments
import TestKit
import Testing

@testable import Reactor

/// The fan-out.
struct DeliveryTests {
    @Test(arguments: Wire.allCases)
    func `every member gets every frame once and in order`(wire: Wire) throws {
        var room = try DeliveryRoom(wire, members: 300)
        for round in 0..<5 as Range<UInt8> {
            room.deliver([[round, 1], [round, 2, 2], [round, 3]])
        }
        let bytes = (0..<5).flatMap { (round: UInt8) -> [UInt8] in [round, 1, round, 2, 2, round, 3] }
        #expect(room.peers.allSatisfy { $0.receive() == bytes })
        #expect(room.count(.written) == 4500)
        #expect(room.lane.payloadBytes == UInt64(300 * bytes.count))
        #expect(room.isConserved)
        let counters = room.members.compactMap { room.driven.loop.counters(of: $0) }
        #expect(counters.allSatisfy { $0.messagesSent == 15 })
        let headers = wire.isCiphered ? 6 * ToyCipher.headerBytes : 0
        #expect(counters.allSatisfy { $0.bytesSent == UInt64(bytes.count + headers) }, "a record a send, and a welcome")
        room.driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `a room of thousands gets it`(wire: Wire) throws {
        var room = try DeliveryRoom(wire, members: 2500)
        room.deliver([[1, 2, 3]])
        #expect(room.peers.allSatisfy { $0.receive() == [1, 2, 3] })
        #expect(room.count(.written) == 2500)
        room.driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `what the kernel takes in part is counted to the frame and goes on in order`(wire: Wire) throws {
        var room = try DeliveryRoom(wire, members: 8, sendBuffer: 4096)
        let frames = (0..<100).map { [UInt8](repeating: UInt8($0), count: 1000) }
        room.deliver(frames)
        let written = room.count(.written)
        #expect(written > 0 && written < 800)
        #expect(room.lane.pending == 800 - written)
        #expect(room.isConserved)
        #expect(room.driven.loop.snapshot().backlogged == 8)
        for member in room.members {
            let counters = try #require(room.driven.loop.counters(of: member))
            let (sent, all) = (counters.bytesSent, UInt64(counters.queuedBytes) + counters.bytesSent)
            if wire.isCiphered {
                // Records have headers, and the one in flight counts beside the frames that it is made of.
                let most = wire.bytes(100_000) + ToyCipher.largestRecord + 2 * ToyCipher.headerBytes
                #expect(counters.messagesSent <= sent / 1000)
                #expect(all > 100_000 && all <= UInt64(most))
            } else {
                #expect(counters.messagesSent == sent / 1000)
                #expect(all == 100_000)
            }
            #expect(UInt64(counters.queuedMessages) + counters.messagesSent == 100)
        }
        room.deliver([[200], [201]])
        var received = [[UInt8]](repeating: [], count: 8)
        #expect(room.drain(&received))
        #expect(received.allSatisfy { $0 == frames.flatMap { $0 } + [200, 201] })
        #expect(room.count(.written) == 816)
        #expect(room.isConserved)
        #expect(room.driven.loop.backlog.bytes == 0)
        #expect(room.handlers.allSatisfy { $0.heard == [.drained] })
        #expect(room.driven.loop.snapshot().queueAge.count == 816 - written)
        room.driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `one slow member keeps nobody else waiting`(wire: Wire) throws {
        var room = try DeliveryRoom(wire, members: 5, sendBuffer: 16_384)
        room.driven.loop.send([UInt8](repeating: 9, count: 500_000), to: room.members[2])
        room.deliver([[1, 2]])
        for place in [0, 1, 3, 4] {
            #expect(room.peers[place].receive() == [1, 2])
        }
        #expect(room.lane.pending == 1)
        #expect(room.isConserved)
        room.driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `members that are gone count as closed before the write`(wire: Wire) throws {
        var room = try DeliveryRoom(wire, members: 6)
        room.driven.loop.close(room.members[1])
        room.driven.loop.finish(room.members[4], timeout: .seconds(5))
        let unknown = ConnectionHandle(slot: 100_000, generation: 1)
        room.deliver([[1], [2]], to: room.members + [unknown])
        #expect(room.count(.written) == 8)
        #expect(room.count(.closedBeforeWrite) == 6)
        #expect(room.isConserved)
        room.driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `a refused write is counted and ends that member alone`(wire: Wire) throws {
        var room = try DeliveryRoom(wire, members: 6)
        room.peers[3].close()
        room.deliver([[1], [2]])
        #expect(room.count(.writeError) == 2)
        #expect(room.count(.written) == 10)
        room.driven.turn()
        #expect(room.handlers[3].heard == [.closed(.reset)])
        #expect(room.handlers[3].final?.messagesSent == 0)
        #expect(room.isConserved)
        room.driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `frames queued for a member that resets are counted once`(wire: Wire) throws {
        var room = try DeliveryRoom(wire, members: 4, sendBuffer: 4096)
        room.deliver((0..<50).map { _ in [UInt8](repeating: 1, count: 1000) })
        room.peers[0].close()
        #expect(room.driven.turn { room.handlers[0].isClosed })
        #expect(room.count(.writeError) + room.count(.closedBeforeWrite) > 0)
        #expect(room.isConserved)
        room.driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `a member of several deliveries gets them joined, in their order, by one send`(wire: Wire) throws {
        var room = try DeliveryRoom(wire, members: 10)
        let (all, some) = (room.members, Array(room.members[5...]))
        let deliveries = [
            Delivery(batch: SendBatch(lane: 1, [[1], [2]]), members: all, source: 1),
            Delivery(batch: SendBatch(lane: 2, [[3]]), members: some, source: 2),
            Delivery(batch: SendBatch(lane: 1), members: all, source: 3),
            Delivery(batch: SendBatch(lane: 3, [[4, 4]]), members: all.reversed(), source: 4),
        ]
        room.expected = 20 + 5 + 10
        room.driven.loop.deliver(deliveries)
        for (place, peer) in room.peers.enumerated() {
            #expect(peer.receive() == (place < 5 ? [1, 2, 4, 4] : [1, 2, 3, 4, 4]))
        }
        let lanes = room.driven.loop.snapshot().lanes
        #expect(lanes[1].outcomes[.written] == 20)
        #expect(lanes[2].outcomes[.written] == 5)
        #expect(lanes[3].outcomes[.written] == 10)
        #expect(lanes[3].payloadBytes == 20)
        #expect(room.isConserved)
        room.driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `a publisher without echo gets all but its own frames`(wire: Wire) throws {
        var room = try DeliveryRoom(wire, members: 6)
        var first = Delivery(batch: SendBatch(lane: 1, [[1], [2], [3]]), members: room.members, source: 1)
        first.exclusions = [(room.members[0], 0), (room.members[1], 1), (room.members[0], 2)]
        var second = Delivery(batch: SendBatch(lane: 1, [[4]]), members: Array(room.members[1...2]), source: 2)
        second.exclusions = [(room.members[1], 0), (room.members[5], 0), (room.members[2], 7)]
        room.expected = 18 + 2
        room.driven.loop.deliver([first, second])
        let all: [UInt8] = [1, 2, 3]
        #expect(room.peers.map { $0.receive() } == [[2], [1, 3], [1, 2, 3, 4], all, all, all])
        #expect(room.count(.senderExcluded) == 4)
        #expect(room.count(.written) == 16)
        #expect(room.isConserved)
        var own = Delivery(batch: SendBatch(lane: 1, [[5]]), members: room.members, source: 1)
        own.exclusions = [(room.members[3], 0)]
        room.expected += 6
        room.driven.loop.deliver([own])
        #expect(room.peers.map { $0.receive() } == [[5], [5], [5], [], [5], [5]])
        #expect(room.isConserved)
        room.driven.end()
    }

    @Test(arguments: Wire.allCases, SeededGenerator.seeds(always: 1, 2, 3))
    func `whatever happens, every frame has one outcome or is pending`(wire: Wire, seed: UInt64) throws {
        var random = SeededGenerator(printing: seed)
        let limits = SendQueueLimits(bytes: 30_000, policy: SlowConsumerPolicy.allCases[Int(seed % 3)])
        var room = try DeliveryRoom(wire, members: 24, sendBuffer: 4096, queue: limits)
        // The toy cipher goes byte by byte.
        for _ in 0..<(wire == .plain ? 300 : 100) {
            room.deliverAnything(&random)
            #expect(room.isConserved)
            for place in room.peers.indices {
                room.disturb(place, &random)
                try room.replaceIfClosed(place)
            }
            room.driven.turn()
            #expect(room.isConserved)
            let queued = room.members.compactMap { room.driven.loop.counters(of: $0)?.queuedBytes }.reduce(0, +)
            #expect(room.driven.loop.backlog.bytes >= queued)
        }
        #expect(room.count(.written) > 500)
        room.driven.end()
        #expect(room.isConserved)
        #expect(room.driven.loop.backlog.bytes == 0)
        #expect(room.driven.loop.snapshot().lanes.allSatisfy { $0.pending == 0 })
    }

    @Test(arguments: Wire.allCases)
    func `deliveries are right when their numbers begin anew`(wire: Wire) throws {
        var room = try DeliveryRoom(wire, members: 6)
        let (some, others) = (Array(room.members[..<4]), Array(room.members[2...]))
        for number in [UInt32.max - 1, .max, 0, 1] {
            room.driven.loop.deliveryNumber = number
            // Marks of an earlier call with the number that comes next.
            for _ in 0..<3 {
                room.deliver(two: [1], to: some, and: [2], to: others)
                #expect(room.peers[..<2].allSatisfy { $0.receive() == [1] })
                #expect(room.peers[2..<4].allSatisfy { $0.receive() == [1, 2] })
                #expect(room.peers[4...].allSatisfy { $0.receive() == [2] })
            }
            #expect(room.driven.loop.deliveryNumber != 0)
        }
        #expect(room.isConserved)
        room.driven.end()
    }

    @Test func `who came since is not marked when the numbers begin anew`() throws {
        var room = try DeliveryRoom(.plain, members: 2)
        room.driven.loop.deliveryNumber = .max
        // Fresh records have the mark 0, and their place 0 says that they were seen in the first delivery.
        room.deliver(two: [1], to: [room.members[0]], and: [2], to: [room.members[1]])
        #expect(room.peers[0].receive() == [1])
        #expect(room.peers[1].receive() == [2])
        room.driven.end()
    }
}

extension DeliveryRoom {
    fileprivate mutating func deliverAnything(_ random: inout SeededGenerator) {
        var deliveries: [Delivery] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            var members: [ConnectionHandle] = []
            for member in self.members where Bool.random(using: &random) {
                members.append(member)
            }
            let batch = SendBatch(lane: UInt8.random(in: 1...3, using: &random))
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let size = Int.random(in: 4...6000, using: &random)
                batch.append([UInt8](repeating: 1, count: size).span, number: 0)
            }
            self.expected += UInt64(members.count * batch.frameCount)
            var delivery = Delivery(batch: batch, members: members, source: 1)
            let publisher = self.members[Int.random(in: self.members.indices, using: &random)]
            delivery.exclusions.append((publisher, Int.random(in: 0...9, using: &random)))
            deliveries.append(delivery)
        }
        self.driven.loop.deliver(deliveries)
    }

    fileprivate mutating func disturb(_ place: Int, _ random: inout SeededGenerator) {
        let member = self.members[place]
        switch Int.random(in: 0..<60, using: &random) {
        case 0: self.peers[place].close()
        case 1: self.driven.loop.close(member)
        case 2: self.driven.loop.finish(member, timeout: .milliseconds(5))
        case 3: self.driven.loop.send([1, 2, 3], to: member)
        case 4: self.driven.loop.send([1, 2, 3], to: member, placement: .next)
        case 5..<30: _ = self.peers[place].receive(atMost: Int.random(in: 1...9000, using: &random))
        default: break
        }
    }

    fileprivate mutating func replaceIfClosed(_ place: Int) throws {
        guard !self.driven.loop.isOpen(self.members[place]) else { return }
        let (member, peer) = try self.driven.connect(RecordingHandler(), sendBuffer: 4096, wire: self.wire)
        self.members[place] = member
        self.peers[place] = peer
    }
}
