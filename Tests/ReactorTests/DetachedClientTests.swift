import Instruments
import TestKit
import Testing

@testable import Reactor

/// A client without a socket, as long as it has none.
struct DetachedClientTests {
    @Test func `it has a deadline, and hears of its end`() throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        let client = try #require(driven.loop.openClient(handler: handler))
        driven.loop.setTimer(client, at: driven.loop.now + .milliseconds(10))
        #expect(driven.turn { handler.heard == [.timerFired] })
        #expect(driven.loop.peerAddress(of: client) == nil)
        #expect(driven.loop.tcpInfo(of: client) == nil)
        driven.loop.pauseReading(client)
        driven.loop.resumeReading(client)
        driven.loop.close(client)
        driven.turn()
        #expect(handler.heard == [.timerFired, .closed(.local)])
        #expect(driven.loop.snapshot().open == 0)
        driven.end()
    }

    @Test func `it counts as a connection of the loop, and a full loop opens none`() throws {
        let driven = try DrivenLoop(EventLoopConfiguration(maximumConnections: 2))
        let handler = RecordingHandler()
        #expect(driven.loop.openClient(handler: handler) != nil)
        #expect(driven.loop.openClient(handler: handler) != nil)
        #expect(driven.loop.openClient(handler: handler) == nil)
        #expect(driven.loop.snapshot().open == 2)
        driven.end()
        #expect(handler.heard == [.closed(.shutdown), .closed(.shutdown)])
        #expect(driven.loop.openClient(handler: handler) == nil)
    }

    @Test func `with nothing queued it takes a frame of any size, and then what fits`() throws {
        let driven = try DrivenLoop(EventLoopConfiguration(queue: SendQueueLimits(bytes: 100)))
        let handler = RecordingHandler()
        let client = try #require(driven.loop.openClient(handler: handler))
        driven.deliver([[UInt8](repeating: 1, count: 1000)], to: client)
        #expect(driven.loop.counters(of: client)?.queuedBytes == 1000)
        driven.deliver([[2], [3]], to: client)
        driven.turn()
        #expect(handler.heard == [.overflowed(.slowConsumer(source: 1)), .closed(.slowConsumer(source: 1))])
        let lane = driven.loop.snapshot().lanes[1]
        #expect(lane.outcomes[.droppedSlowConsumer] == 1)
        #expect(lane.outcomes[.closedBeforeWrite] == 2)
        #expect(lane.pending == 0)
        driven.end()
    }

    @Test func `the policies that drop keep it`() throws {
        for policy in [SlowConsumerPolicy.dropNewest, .dropOldest] {
            let driven = try DrivenLoop(EventLoopConfiguration(queue: SendQueueLimits(bytes: 3, policy: policy)))
            let client = try #require(driven.loop.openClient(handler: RecordingHandler()))
            driven.deliver([[1], [2], [3], [4], [5]], to: client)
            let peer = try driven.attachSocket(to: client)
            #expect(driven.turn { driven.loop.backlog.slots.isEmpty })
            #expect(peer.receive() == (policy == .dropNewest ? [1, 2, 3] : [3, 4, 5]))
            #expect(driven.loop.counters(of: client)?.dropped == 2)
            driven.end()
        }
    }

    @Test func `what nobody takes for too long ends it`() throws {
        let driven = try DrivenLoop(EventLoopConfiguration(queue: SendQueueLimits(age: .milliseconds(20))))
        let handler = RecordingHandler()
        let client = try #require(driven.loop.openClient(handler: handler))
        driven.deliver([[1]], to: client)
        #expect(driven.turn { handler.isClosed })
        #expect(handler.ending == .queueAged(source: 1))
        #expect(driven.loop.snapshot().lanes[1].outcomes[.closedBeforeWrite] == 1)
        driven.end()
    }

    @Test func `past the bound on all queues the largest goes first, with a socket or without`() throws {
        let budget = QueueBudget(limit: 1000)
        let driven = try DrivenLoop(EventLoopConfiguration(totalQueue: budget))
        let handlers = (0..<3).map { _ in RecordingHandler() }
        let clients = handlers.compactMap { driven.loop.openClient(handler: $0) }
        for (index, client) in clients.enumerated() {
            driven.deliver([[UInt8](repeating: 0, count: 200 * (index + 1))], to: client)
        }
        driven.turn()
        #expect(handlers.map(\.ending) == [nil, nil, .overBudget])
        #expect(budget.usedBytes == 600 && driven.loop.backlog.bytes == 600)
        driven.end()
        #expect(budget.usedBytes == 0)
    }

    @Test func `finish ends it at once with nothing queued, else when all was taken or the time is over`() throws {
        let driven = try DrivenLoop()
        let handlers = (0..<2).map { _ in RecordingHandler() }
        let clients = handlers.compactMap { driven.loop.openClient(handler: $0) }
        driven.deliver([[1]], to: clients[1])
        for client in clients {
            driven.loop.finish(client, timeout: .milliseconds(20), ending: .peerClosed)
        }
        driven.deliver([[2]], to: clients[1])
        driven.turn()
        #expect(handlers[0].heard == [.closed(.peerClosed)])
        #expect(!handlers[1].isClosed)
        #expect(driven.turn { handlers[1].isClosed })
        #expect(handlers[1].heard == [.closed(.peerClosed)])
        #expect(driven.loop.snapshot().lanes[1].outcomes[.closedBeforeWrite] == 2)
        driven.end()
    }
}

extension DrivenLoop {
    /// Delivers room frames of lane and source 1 to one client.
    func deliver(_ frames: [[UInt8]], to client: ConnectionHandle) {
        self.loop.deliver([Delivery(batch: SendBatch(lane: 1, frames), members: [client], source: 1)])
    }
}
