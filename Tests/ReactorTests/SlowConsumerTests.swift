import Instruments
import TestKit
import Testing

@testable import Reactor

/// What becomes of members that do not read.
struct SlowConsumerTests {
    @Test(arguments: Wire.allCases)
    func `close ends a slow consumer with the room that filled its queue`(wire: Wire) throws {
        var room = try DeliveryRoom(wire, members: 4, sendBuffer: 4096, queue: SendQueueLimits(bytes: 50_000))
        let frames = (0..<100).map { _ in [UInt8](repeating: 1, count: 1000) }
        room.deliver(frames)
        room.driven.turn()
        let ending = SocketEnding.slowConsumer(source: 1)
        #expect(room.handlers.allSatisfy { $0.heard == [.overflowed(ending), .closed(ending)] })
        #expect(room.count(.droppedSlowConsumer) == 4, "the frame that did not fit")
        #expect(room.count(.closedBeforeWrite) == 400 - 4 - room.count(.written))
        #expect(room.isConserved)
        #expect(room.driven.loop.backlog.bytes == 0)
        #expect(room.handlers.allSatisfy { $0.final?.dropped == 1 })
    }

    @Test(arguments: Wire.allCases)
    func `a last word reaches a slow consumer right after the frame begun`(wire: Wire) throws {
        var room = try DeliveryRoom(wire, members: 4, sendBuffer: 4096, queue: SendQueueLimits(bytes: 50_000))
        let driven = room.driven
        for handler in room.handlers {
            handler.onOverflowed = { connection, ending in
                driven.loop.send([77], to: connection, placement: .next)
                driven.loop.finish(connection, timeout: .seconds(5), ending: ending)
            }
        }
        room.deliver((0..<100).map { _ in [UInt8](repeating: 1, count: 1000) })
        room.deliver([[2]])
        for peer in room.peers {
            let received = peer.receiveAll(turning: driven)
            #expect(received.last == 77)
            #expect(received.count % 1000 == 1)
            #expect(received.dropLast().allSatisfy { $0 == 1 })
            peer.close()
        }
        #expect(driven.turn { room.handlers.allSatisfy(\.isClosed) })
        #expect(room.isConserved)
        #expect(room.count(.droppedSlowConsumer) == 4)
    }

    @Test(arguments: Wire.allCases)
    func `dropNewest keeps what is queued, and order`(wire: Wire) throws {
        let limits = SendQueueLimits(bytes: 20_000, policy: .dropNewest)
        var room = try DeliveryRoom(wire, members: 4, sendBuffer: 4096, queue: limits)
        room.deliver((0..<100).map { [UInt8](repeating: UInt8($0), count: 1000) })
        room.deliver((100..<120).map { [UInt8](repeating: UInt8($0), count: 1000) })
        let dropped = room.count(.droppedSlowConsumer)
        #expect(dropped > 0 && room.isConserved)
        #expect(room.members.allSatisfy { room.driven.loop.counters(of: $0)?.queuedBytes ?? .max <= 20_000 })
        var received = [[UInt8]](repeating: [], count: 4)
        #expect(room.drain(&received))
        for bytes in received {
            let frames = stride(from: 0, to: bytes.count, by: 1000).map { bytes[$0] }
            #expect(frames == Array(0..<UInt8(frames.count)), "the oldest, without a gap")
        }
        #expect(room.count(.written) == 480 - dropped)
        #expect(room.isConserved)
        room.driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `dropOldest keeps the latest, and order, and never cuts a frame`(wire: Wire) throws {
        let limits = SendQueueLimits(bytes: 20_000, policy: .dropOldest)
        var room = try DeliveryRoom(wire, members: 4, sendBuffer: 4096, queue: limits)
        room.deliver((0..<100).map { [UInt8](repeating: UInt8($0), count: 1000) })
        room.deliver((100..<120).map { [UInt8](repeating: UInt8($0), count: 1000) })
        let dropped = room.count(.droppedSlowConsumer)
        #expect(dropped > 0 && room.isConserved)
        var received = [[UInt8]](repeating: [], count: 4)
        #expect(room.drain(&received))
        for bytes in received {
            let frames = stride(from: 0, to: bytes.count, by: 1000).map { bytes[$0] }
            #expect(frames == frames.sorted() && Set(frames).count == frames.count)
            #expect(frames.suffix(15) == Array(105..<120))
            for (place, frame) in frames.enumerated() {
                #expect(bytes[place * 1000..<(place + 1) * 1000].allSatisfy { $0 == frame })
            }
        }
        #expect(room.count(.written) == 480 - dropped)
        let perMember = room.members.compactMap { room.driven.loop.counters(of: $0)?.dropped }
        #expect(perMember.reduce(0, +) == dropped)
        #expect(room.isConserved)
        room.driven.end()
    }

    @Test(arguments: [SlowConsumerPolicy.dropNewest, .dropOldest])
    func `a handler hears when frames begin to be dropped, and how many were when its queue is empty`(
        policy: SlowConsumerPolicy
    ) throws {
        var room = try DeliveryRoom(
            .plain,
            members: 2,
            sendBuffer: 4096,
            queue: SendQueueLimits(bytes: 20_000, policy: policy)
        )
        let frames = (0..<50).map { _ in [UInt8](repeating: 1, count: 1000) }
        var before: [UInt64] = [0, 0]
        for round in 1...2 {
            room.deliver(frames)
            room.deliver(frames)
            room.driven.turn()
            for handler in room.handlers {
                #expect(handler.drops.count == 2 * round - 1)
                #expect(handler.drops.last == .began(source: 1))
            }
            var received = [[UInt8]](repeating: [], count: 2)
            #expect(room.drain(&received))
            room.driven.turn()
            for (place, handler) in room.handlers.enumerated() {
                let dropped = try #require(room.driven.loop.counters(of: room.members[place])?.dropped)
                guard case .ended(let frames, let lasted) = handler.drops.last else {
                    Issue.record("\(handler.drops)")
                    continue
                }
                #expect(frames == dropped - before[place] && frames > 0)
                #expect(lasted > .zero)
                before[place] = dropped
            }
        }
        #expect(room.isConserved)
        room.driven.end()
    }

    @Test func `a connection that the policy ends hears of no drops beside that`() throws {
        var room = try DeliveryRoom(
            .plain,
            members: 2,
            sendBuffer: 4096,
            queue: SendQueueLimits(bytes: 20_000, policy: .close)
        )
        room.deliver((0..<100).map { _ in [UInt8](repeating: 1, count: 1000) })
        room.driven.turn()
        #expect(room.handlers.allSatisfy { $0.isClosed && $0.drops.isEmpty })
        for handler in room.handlers {
            let final = try #require(handler.final)
            #expect(final.dropped == 1)
            #expect(final.closedBeforeWrite == 99 - final.messagesSent)
            #expect(final.writeErrors == 0)
        }
    }

    @Test(arguments: Wire.allCases)
    func `the last numbers of a connection say what was still queued`(wire: Wire) throws {
        var room = try DeliveryRoom(wire, members: 2, sendBuffer: 4096)
        room.deliver((0..<100).map { _ in [UInt8](repeating: 1, count: 1000) })
        room.driven.loop.close(room.members[0])
        room.driven.turn()
        let final = try #require(room.handlers[0].final)
        #expect(final.closedBeforeWrite > 0)
        #expect(final.closedBeforeWrite + final.messagesSent == 100)
        #expect(final.dropped == 0)
        let other = try #require(room.driven.loop.counters(of: room.members[1]))
        #expect(other.closedBeforeWrite == 0)
        room.driven.end()
    }

    @Test func `the last numbers of a connection say what the kernel refused`() throws {
        var room = try DeliveryRoom(.plain, members: 1)
        // What the peer reset before is refused, whatever the engine has heard of that.
        room.peers[0].reset()
        room.deliver([[1]])
        room.deliver([[2], [3]])
        #expect(room.driven.turn { room.handlers[0].isClosed })
        let final = try #require(room.handlers[0].final)
        #expect(final.writeErrors == room.count(.writeError))
        #expect(final.messagesSent == room.count(.written))
        #expect(room.count(.writeError) > 0)
        #expect(room.isConserved)
        room.driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `a frame larger than the bound is taken whole by whoever has nothing queued`(wire: Wire) throws {
        for policy in SlowConsumerPolicy.allCases {
            let limits = SendQueueLimits(bytes: 1000, policy: policy)
            var room = try DeliveryRoom(wire, members: 4, sendBuffer: 4096, queue: limits)
            let large = [UInt8](repeating: 5, count: 300_000)
            room.deliver([large])
            #expect(room.lane.pending == 4)
            var received = [[UInt8]](repeating: [], count: 4)
            #expect(room.drain(&received))
            #expect(received.allSatisfy { $0 == large })
            #expect(room.isConserved)
            room.driven.end()
        }
    }

    @Test(arguments: Wire.allCases)
    func `a queue whose oldest frame is too old ends its connection`(wire: Wire) throws {
        let limits = SendQueueLimits(age: .milliseconds(40))
        var room = try DeliveryRoom(wire, members: 4, sendBuffer: 4096, queue: limits)
        room.deliver([[UInt8](repeating: 5, count: 100_000)])
        let since = try #require(room.driven.loop.queuedSince(of: room.members[0]))
        #expect(room.driven.turn { room.handlers.allSatisfy(\.isClosed) })
        #expect(room.driven.loop.now - since >= .milliseconds(40))
        let ending = SocketEnding.queueAged(source: 1)
        #expect(room.handlers.allSatisfy { $0.heard == [.overflowed(ending), .closed(ending)] })
        #expect(room.count(.closedBeforeWrite) == 4)
        #expect(room.isConserved)
    }

    @Test(arguments: Wire.allCases)
    func `past the shared bound those with the most queued go first`(wire: Wire) throws {
        let budget = QueueBudget(limit: 400_000)
        var room = try DeliveryRoom(wire, members: 8, sendBuffer: 4096, budget: budget)
        for (place, member) in room.members.enumerated() {
            room.deliver([[UInt8](repeating: 5, count: 10_000 * (place + 1))], to: [member])
        }
        room.deliver([[UInt8](repeating: 6, count: 20_000)])
        room.driven.turn()
        let closed = room.handlers.map(\.isClosed)
        #expect(closed == closed.sorted { !$0 && $1 }, "none goes before one that has more")
        #expect(closed.last == true && closed.first == false)
        #expect(room.handlers.allSatisfy { $0.ending == nil || $0.heard == [.closed(.overBudget)] })
        #expect(budget.usedBytes <= 400_000 && budget.usedBytes > 200_000)
        #expect(budget.usedBytes == room.driven.loop.backlog.bytes)
        #expect(room.isConserved)
        room.driven.end()
        #expect(budget.usedBytes == 0)
    }

    @Test(arguments: Wire.allCases)
    func `a loop within its share loses nobody to another`(wire: Wire) throws {
        let budget = QueueBudget(limit: 200_000)
        var modest = try DeliveryRoom(wire, members: 2, sendBuffer: 4096, budget: budget)
        var greedy = try DeliveryRoom(wire, members: 4, sendBuffer: 4096, budget: budget)
        modest.deliver([[UInt8](repeating: 5, count: 30_000)])
        greedy.deliver([[UInt8](repeating: 5, count: 60_000)])
        modest.driven.turn()
        greedy.driven.turn()
        #expect(modest.handlers.allSatisfy { !$0.isClosed })
        #expect(greedy.handlers.contains { $0.isClosed } && greedy.handlers.contains { !$0.isClosed })
        #expect(budget.usedBytes <= 200_000)
        modest.driven.end()
        greedy.driven.end()
    }

    private final class PressureRecorder: PressureObserver {
        var changes: [Bool] = []

        func pressureChanged(_ hasPressure: Bool) {
            self.changes.append(hasPressure)
        }
    }

    @Test(arguments: Wire.allCases)
    func `every loop hears of pressure before the bound, and when it is over`(wire: Wire) throws {
        let budget = QueueBudget(limit: 400_000)
        var busy = try DeliveryRoom(wire, members: 4, sendBuffer: 4096, budget: budget)
        let idle = try DeliveryRoom(wire, members: 1, budget: budget)
        let (first, second) = (PressureRecorder(), PressureRecorder())
        busy.driven.loop.addPressureObserver(first)
        idle.driven.loop.addPressureObserver(second)
        busy.deliver([[UInt8](repeating: 5, count: 95_000)])
        busy.driven.turn()
        idle.driven.turn()
        #expect(first.changes == [true] && second.changes == [true])
        #expect(idle.driven.loop.hasQueuePressure)
        var received = [[UInt8]](repeating: [], count: 4)
        #expect(busy.drain(&received))
        busy.driven.turn()
        #expect(idle.driven.ticks(in: .seconds(10), until: { second.changes == [true, false] }) < 100)
        #expect(first.changes == [true, false] && second.changes == [true, false])
        busy.driven.end()
        idle.driven.end()
    }
}
