import Instruments
import TestKit
import Testing

@testable import Reactor

struct ClosingTests {
    @Test(arguments: Wire.allCases)
    func `closed is heard once, before the tick ends, and never from within another call`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        var isInCall = false
        handler.use = { _, connection, bytes in
            isInCall = true
            driven.loop.close(connection)
            driven.loop.close(connection)
            isInCall = false
            return bytes.count
        }
        handler.onClosed = { connection, _ in
            #expect(!isInCall)
            #expect(!driven.loop.isOpen(connection))
        }
        let (_, peer) = try driven.connect(handler, wire: wire)
        peer.send("x")
        driven.turn()
        #expect(handler.heard == [.closed(.local)])
        #expect(peer.receive() == nil)
    }

    @Test(arguments: Wire.allCases)
    func `every call with a stale handle is refused`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let (handler, next) = (RecordingHandler(), RecordingHandler())
        let (stale, _) = try driven.connect(handler, wire: wire)
        driven.loop.close(stale)
        driven.turn()
        let (fresh, peer) = try driven.connect(next, wire: wire)
        #expect(fresh.slot == stale.slot)
        #expect(!driven.loop.isOpen(stale))
        #expect(driven.loop.send("x", to: stale) == .refused)
        #expect(driven.loop.counters(of: stale) == nil)
        #expect(driven.loop.peerAddress(of: stale) == nil)
        #expect(driven.loop.tcpInfo(of: stale) == nil)
        #expect(driven.loop.queuedSince(of: stale) == nil)
        driven.loop.setHandler(handler, of: stale)
        driven.loop.setTimer(stale, at: driven.loop.now)
        driven.loop.pauseReading(stale)
        driven.loop.resumeReading(stale)
        driven.loop.finish(stale, timeout: .zero)
        driven.loop.close(stale)
        driven.loop.addReceived(messages: 1, to: stale)
        if driven.loop.detach(stale) != nil {
            Issue.record("a stale handle was detached")
        }
        driven.loop.deliver([Delivery(batch: SendBatch(lane: 1, [[1]]), members: [stale], source: 0)])
        peer.send("y")
        driven.turn(times: 2)
        #expect(next.text == "y")
        #expect(next.heard.isEmpty)
        #expect(peer.receive() == [])
        driven.end()
    }

    @Test func `a place is nobody else's before its handler has heard the end`() throws {
        let driven = try DrivenLoop()
        let (handler, meanwhile, later) = (RecordingHandler(), RecordingHandler(), RecordingHandler())
        var opened: [ConnectionHandle] = []
        handler.use = { _, connection, bytes in
            driven.loop.close(connection)
            opened.append(try! driven.connect(meanwhile).connection)
            return bytes.count
        }
        handler.onClosed = { _, _ in opened.append(try! driven.connect(later).connection) }
        let (connection, peer) = try driven.connect(handler)
        peer.send("x")
        driven.turn()
        #expect(handler.isClosed)
        #expect(opened.map(\.slot) == [1, 2])
        #expect(try driven.connect(RecordingHandler()).connection.slot == connection.slot)
        driven.end()
    }

    @Test func `a place that is not wanted any more is free again, though nobody hears of it`() throws {
        let driven = try DrivenLoop(EventLoopConfiguration(maximumConnections: 1))
        let address = try driven.listen { _ in nil }
        for round in 1...5 as ClosedRange<UInt64> {
            let peer = try Peer(to: address.port)
            #expect(driven.turn { peer.receive() == nil })
            #expect(driven.loop.snapshot().refused == round)
        }
        #expect(driven.loop.slab.closed == 0)
        #expect(driven.loop.snapshot().acceptFailures == 0)
        driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `events of a connection closed earlier in the tick go to nobody`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let handlers = [RecordingHandler(), RecordingHandler()]
        var connections: [ConnectionHandle] = []
        var peers: [Peer] = []
        for (index, handler) in handlers.enumerated() {
            let (connection, peer) = try driven.connect(handler, wire: wire)
            connections.append(connection)
            peers.append(peer)
            handler.use = { _, _, bytes in
                driven.loop.close(connections[1 - index])
                return bytes.count
            }
        }
        for peer in peers {
            peer.send("x")
        }
        driven.turn()
        #expect(handlers.map(\.reads).reduce(0, +) == 1)
        #expect(handlers.filter(\.isClosed).count == 1)
        driven.end()
    }

    @Test(arguments: [false, true])
    func `closing by reset takes back what the kernel has not sent`(byReset: Bool) throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        var accepted: ConnectionHandle?
        let address = try driven.listen { socket in
            accepted = socket.connection
            return handler
        }
        let peer = try Peer(to: address.port, receiveBuffer: 4096)
        #expect(driven.turn { accepted != nil })
        let connection = try #require(accepted)
        driven.loop.send([UInt8](repeating: 1, count: 4 << 20), to: connection)
        let taken = try #require(driven.loop.counters(of: connection)).bytesSent
        driven.loop.close(connection, .local, byReset: byReset)
        let received = UInt64(peer.receiveAll(turning: driven).count)
        #expect(byReset ? received < taken : received == taken)
        #expect(handler.ending == .local)
    }

    @Test(arguments: Wire.allCases)
    func `finish flushes, ends our side and waits for the peer`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        let (connection, peer) = try driven.connect(handler, sendBuffer: 4096, wire: wire)
        let bytes = (0..<500_000).map { UInt8(truncatingIfNeeded: $0) }
        #expect(driven.loop.send(bytes, to: connection) == .queued)
        driven.loop.finish(connection, timeout: .seconds(10))
        #expect(driven.loop.send("too late", to: connection) == .refused)
        peer.send("ignored")
        #expect(peer.receiveAll(turning: driven) == bytes)
        #expect(!handler.isClosed)
        peer.close()
        #expect(driven.turn { handler.isClosed })
        #expect(handler.heard == [.closed(.local)])
        let sent = try #require(handler.final?.bytesSent)
        #expect(wire.isCiphered ? sent > 500_000 : sent == 500_000)
        #expect(handler.reads == 0)
    }

    @Test(arguments: Wire.allCases)
    func `finish waits so long and no longer`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let (stalled, silent) = (RecordingHandler(), RecordingHandler())
        let (first, _) = try driven.connect(stalled, sendBuffer: 4096, wire: wire)
        let (second, open) = try driven.connect(silent, wire: wire)
        driven.loop.send([UInt8](repeating: 1, count: 500_000), to: first)
        driven.loop.finish(first, timeout: .milliseconds(20), ending: .slowConsumer(source: 7))
        driven.loop.finish(second, timeout: .milliseconds(20))
        #expect(driven.turn { stalled.isClosed && silent.isClosed })
        #expect(stalled.ending == .slowConsumer(source: 7))
        #expect(silent.ending == .timedOut)
        #expect(open.receive() == nil)
    }

    @Test(arguments: Wire.allCases)
    func `a connection finished after its peer's end closes as soon as it is flushed`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        handler.onInputEnded = { _ in }
        let address = try driven.listen(wire: wire) { socket in
            driven.loop.setTimer(socket.connection, at: driven.loop.now + .seconds(60))
            return handler
        }
        let peer = try Peer(to: address.port, wire: wire)
        peer.endOutput()
        #expect(driven.turn { handler.heard == [.inputEnded] })
        driven.loop.finish(ConnectionHandle(slot: 0, generation: 1), timeout: .seconds(60))
        driven.turn()
        #expect(handler.ending == .local)
        driven.end()
    }

    private final class Observer: TickObserver {
        var ticks = 0
        var onTick: () -> Void = {}

        func tickEnded(now: Instant) {
            self.ticks += 1
            self.onTick()
        }
    }

    @Test(arguments: Wire.allCases)
    func `observers hear of the tick's end once more, at once, where something ended after they did`(wire: Wire) throws
    {
        let driven = try DrivenLoop()
        let (handler, observer) = (RecordingHandler(), Observer())
        let (connection, _) = try driven.connect(handler, wire: wire)
        driven.loop.addTickObserver(observer)
        observer.onTick = { driven.loop.close(connection) }
        driven.turn()
        #expect(observer.ticks == 1 && handler.isClosed)
        #expect(driven.ticks(in: .seconds(5), until: { observer.ticks == 2 }) == 1)
        driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `stopping closes every socket, tells every handler and counts what was queued`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let handlers = (0..<20).map { _ in RecordingHandler() }
        var peers: [Peer] = []
        var members: [ConnectionHandle] = []
        for handler in handlers {
            let (connection, peer) = try driven.connect(handler, sendBuffer: 4096, wire: wire)
            members.append(connection)
            peers.append(peer)
        }
        let batch = SendBatch(lane: 3, [[UInt8](repeating: 0, count: 100_000)])
        driven.loop.deliver([Delivery(batch: batch, members: members, source: 1)])
        #expect(driven.loop.snapshot().lanes[3].pending == 20)
        let address = try driven.listen(wire: wire) { _ in RecordingHandler() }
        driven.end()
        #expect(handlers.allSatisfy { $0.heard == [.closed(.shutdown)] })
        #expect(handlers.allSatisfy { $0.final?.queuedMessages == 1 })
        #expect(driven.loop.snapshot().lanes[3].outcomes[.closedBeforeWrite] == 20)
        #expect(driven.loop.snapshot().open == 0)
        #expect(throws: (any Error).self) { try Peer(to: address.port, wire: wire) }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a started loop stops from any thread, whatever it is doing`() async throws {
        let loop = try EventLoop(index: 3, name: "stopping", configuration: EventLoopConfiguration())
        var port = try ListeningPort.claim(host: "127.0.0.1", port: 0)
        let socket = try port.open()
        try loop.listen(socket) { _ in RecordingHandler() }
        loop.start()
        let peers = try (0..<50).map { _ in try Peer(to: port.address.port) }
        while await loop.perform({ loop.snapshot().open }) != 50 {}
        loop.stop()
        loop.join()
        loop.join()
        // On a busy machine the kernel may bring the ends of TCP connections a moment after they were closed.
        while !peers.allSatisfy({ $0.receive() == nil }) {
            await Task.yield()
        }
    }

    @Test(arguments: Wire.allCases)
    func `a loop that never turned gives everything back`(wire: Wire) throws {
        let budget = QueueBudget(limit: 1000)
        let peer: Peer
        do {
            let driven = try DrivenLoop(EventLoopConfiguration(totalQueue: budget))
            peer = try driven.connect(RecordingHandler(), wire: wire).peer
            #expect(budget.share == 1000)
        }
        #expect(peer.receive() == nil)
    }
}
