import Instruments
import TestKit
import Testing

@testable import Reactor

struct AttachingTests {
    @Test func `what waits for a client goes out through the socket it gets, in order, under the same handle`() throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        let client = try #require(driven.loop.openClient(handler: handler))
        #expect(!driven.loop.hasSocket(client))
        driven.loop.deliver([Delivery(batch: SendBatch(lane: 1, [[1], [2, 2]]), members: [client], source: 1)])
        #expect(driven.loop.send([3], to: client) == .queued)
        driven.loop.deliver([Delivery(batch: SendBatch(lane: 1, [[4]]), members: [client], source: 1)])
        driven.turn(times: 2)
        #expect(driven.loop.snapshot().lanes[1].pending == 3)
        #expect(driven.loop.counters(of: client)?.queuedBytes == 5)
        #expect(driven.loop.counters(of: client)?.queuedMessages == 4)
        let peer = try driven.attachSocket(to: client)
        #expect(driven.loop.hasSocket(client))
        #expect(driven.turn { handler.heard == [.drained] })
        #expect(peer.receive() == [1, 2, 2, 3, 4])
        driven.loop.deliver([Delivery(batch: SendBatch(lane: 1, [[5]]), members: [client], source: 1)])
        #expect(peer.receive() == [5])
        let lane = driven.loop.snapshot().lanes[1]
        #expect(lane.outcomes[.written] == 4 && lane.pending == 0 && lane.payloadBytes == 5)
        #expect(driven.loop.counters(of: client)?.messagesSent == 4)
        #expect(driven.loop.counters(of: client)?.bytesSent == 6)
        peer.send("hi")
        #expect(driven.turn { handler.text == "hi" })
        driven.end()
    }

    @Test func `the socket's unsent replies go first, and its unread bytes come to the client's handler`() throws {
        let (from, home) = (try DrivenLoop(), try DrivenLoop())
        let (first, handler) = (RecordingHandler(), RecordingHandler())
        first.use = { _, _, _ in 4 }
        let (connection, peer) = try from.connect(first, sendBuffer: 4096)
        let reply = [UInt8](repeating: 7, count: 100_000)
        from.loop.send(reply, to: connection)
        peer.send("headbody")
        from.turn()
        from.loop.addReceived(messages: 2, to: connection)
        let client = try #require(home.loop.openClient(handler: handler))
        home.loop.deliver([Delivery(batch: SendBatch(lane: 1, [[1]]), members: [client], source: 1)])
        guard let socket = from.loop.detach(connection) else { throw NotDetached() }
        let isAttached = home.loop.attach(socket, to: client)
        #expect(isAttached)
        home.loop.send([2], to: client)
        home.loop.send([9], to: client, placement: .next)
        home.turn()
        #expect(handler.text == "body")
        home.loop.finish(client, timeout: .seconds(5))
        #expect(peer.receiveAll(turning: home) == reply + [9, 1, 2])
        peer.close()
        #expect(home.turn { handler.isClosed })
        // What the socket had counted before is part of the client's numbers.
        #expect(handler.final?.bytesReceived == 8)
        #expect(handler.final?.messagesReceived == 2)
        #expect(handler.final?.bytesSent == 100_003)
        from.end()
        home.end()
    }

    @Test func `a client that has a socket keeps it, and the other is closed`() throws {
        let driven = try DrivenLoop()
        let (client, peer) = try driven.connect(RecordingHandler())
        let (other, refused) = try driven.connect(RecordingHandler())
        guard let socket = driven.loop.detach(other) else { throw NotDetached() }
        let isAttached = driven.loop.attach(socket, to: client)
        #expect(!isAttached)
        #expect(refused.receive() == nil)
        driven.loop.send("still here", to: client)
        #expect(peer.receive() == Array("still here".utf8))
        driven.end()
    }

    @Test func `a client that is gone, finishing or overflowed gets no socket`() throws {
        let limits = SendQueueLimits(bytes: 10)
        let driven = try DrivenLoop(EventLoopConfiguration(queue: limits))
        let handlers = (0..<3).map { _ in RecordingHandler() }
        let clients = handlers.compactMap { driven.loop.openClient(handler: $0) }
        driven.loop.close(clients[0])
        driven.loop.send([1], to: clients[1])
        driven.loop.finish(clients[1], timeout: .seconds(5))
        driven.loop.send([1], to: clients[2])
        #expect(driven.loop.send([UInt8](repeating: 2, count: 10), to: clients[2]) == .overflowed)
        for client in clients {
            let (other, peer) = try driven.connect(RecordingHandler())
            guard let socket = driven.loop.detach(other) else { throw NotDetached() }
            let isAttached = driven.loop.attach(socket, to: client)
            #expect(!isAttached)
            #expect(peer.receive() == nil)
        }
        driven.turn()
        #expect(handlers[0].heard == [.closed(.local)])
        #expect(handlers[2].heard.last == .closed(.slowConsumer(source: 0)))
        driven.end()
        #expect(handlers[1].heard == [.closed(.shutdown)])
    }

    @Test func `a client outlives the socket that is taken from it, with its queue, counters and pause`() throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        handler.use = { _, _, _ in 2 }
        let (client, first) = try driven.connect(handler)
        first.send("abcd")
        driven.turn()
        driven.loop.send([1, 2], to: client)
        driven.loop.pauseReading(client)
        let moved = RecordingHandler()
        guard let socket = driven.loop.detachSocket(of: client) else { throw NotDetached() }
        #expect(socket.unreadBytes == 2)
        guard let other = driven.loop.attach(socket, handler: moved) else { throw NotDetached() }
        #expect(other.slot != client.slot)
        #expect(driven.loop.isOpen(client) && !driven.loop.hasSocket(client))
        #expect(driven.turn { moved.text == "cd" })
        #expect(driven.loop.counters(of: other)?.bytesReceived == 0)
        #expect(driven.loop.counters(of: client)?.bytesSent == 2)
        driven.loop.deliver([Delivery(batch: SendBatch(lane: 1, [[3]]), members: [client, other], source: 1)])
        #expect(first.receive() == [1, 2, 3])
        #expect(driven.loop.snapshot().lanes[1].pending == 1)
        let second = try driven.attachSocket(to: client)
        second.send("ef")
        #expect(driven.turn { handler.heard == [.drained] })
        #expect(second.receive() == [3])
        #expect(handler.reads == 1, "reading is still paused")
        driven.loop.resumeReading(client)
        #expect(driven.turn { handler.text == "abef" })
        #expect(driven.loop.counters(of: client)?.bytesReceived == 6)
        #expect(driven.loop.peerAddress(of: client) != nil)
        driven.end()
    }

    @Test func `a half-sent reply travels with its socket, whole ones stay with the client`() throws {
        let driven = try DrivenLoop()
        let (client, first) = try driven.connect(RecordingHandler(), sendBuffer: 4096)
        let reply = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        driven.loop.send(reply, to: client)
        driven.loop.send([1], to: client)
        driven.loop.deliver([Delivery(batch: SendBatch(lane: 1, [[2]]), members: [client], source: 1)])
        guard let socket = driven.loop.detachSocket(of: client) else { throw NotDetached() }
        #expect(driven.loop.counters(of: client)?.queuedBytes == 2)
        #expect(driven.loop.backlog.bytes == 2)
        guard let other = driven.loop.attach(socket, handler: RecordingHandler()) else { throw NotDetached() }
        driven.loop.finish(other, timeout: .seconds(10))
        #expect(first.receiveAll(turning: driven) == reply)
        let second = try driven.attachSocket(to: client)
        #expect(driven.turn { driven.loop.backlog.slots.isEmpty })
        #expect(second.receive() == [1, 2])
        driven.end()
    }

    @Test func `a socket that has a part of a room frame stays where the frame is counted`() throws {
        let driven = try DrivenLoop()
        let (client, peer) = try driven.connect(RecordingHandler(), sendBuffer: 4096)
        let frame = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        driven.loop.deliver([Delivery(batch: SendBatch(lane: 1, [frame]), members: [client], source: 1)])
        if driven.loop.detachSocket(of: client) != nil {
            Issue.record("it was detached in the middle of a room frame")
        }
        driven.loop.finish(client, timeout: .seconds(10))
        #expect(peer.receiveAll(turning: driven) == frame)
        driven.end()
    }

    @Test func `inside a read the socket goes with the bytes not used, and another may take its place`() throws {
        let driven = try DrivenLoop()
        let (handler, moved) = (RecordingHandler(), RecordingHandler())
        var second: Peer?
        handler.use = { handler, client, bytes in
            guard handler.reads == 1 else { return bytes.count }
            if let socket = driven.loop.detachSocket(of: client, used: 3) {
                _ = driven.loop.attach(socket, handler: moved)
            }
            second = try? driven.attachSocket(to: client)
            return 3
        }
        let (client, first) = try driven.connect(handler)
        first.send("abcdef")
        driven.turn()
        #expect(moved.text == "def")
        second?.send("next")
        #expect(driven.turn { handler.text == "abcnext" })
        first.send("ghi")
        #expect(driven.turn { moved.text == "defghi" })
        #expect(driven.loop.isOpen(client))
        driven.end()
    }

    @Test func `events of the old socket, fetched before it was replaced, do not reach the new one`() throws {
        let driven = try DrivenLoop()
        let (first, handler) = (RecordingHandler(), RecordingHandler())
        let (_, firstPeer) = try driven.connect(first)
        let (client, oldPeer) = try driven.connect(handler)
        // Paused, since then the end of a peer ends its connection without a look at the socket.
        driven.loop.pauseReading(client)
        var newPeer: Peer?
        first.use = { _, _, bytes in
            _ = driven.loop.detachSocket(of: client)
            newPeer = try? driven.attachSocket(to: client)
            return bytes.count
        }
        // Ready in this order, and so one after the other in what one wait fetches.
        firstPeer.send("x")
        oldPeer.close()
        driven.turn()
        #expect(newPeer != nil)
        #expect(driven.loop.isOpen(client) && handler.heard.isEmpty)
        driven.loop.send("hello", to: client)
        #expect(newPeer?.receive() == Array("hello".utf8))
        driven.end()
    }

    @Test func `what a handler replaces while its queue is flushed is not taken for broken`() throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        let (client, oldPeer) = try driven.connect(handler, sendBuffer: 4096)
        driven.loop.send([UInt8](repeating: 1, count: 20_000), to: client)
        var newPeer: Peer?
        handler.onDrained = { client in
            guard newPeer == nil else { return }
            _ = driven.loop.detachSocket(of: client)
            newPeer = try? driven.attachSocket(to: client)
            newPeer?.send("new")
        }
        oldPeer.send("old")
        handler.use = { _, _, bytes in newPeer == nil ? 0 : bytes.count }
        #expect(oldPeer.receiveAll(turning: driven).count == 20_000)
        #expect(driven.turn { handler.text == "new" })
        driven.end()
    }

    @Test func `when the socket of a client breaks, the client ends`() throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        let client = try #require(driven.loop.openClient(handler: handler))
        let peer = try driven.attachSocket(to: client)
        driven.loop.pauseReading(client)
        peer.close()
        #expect(driven.turn { handler.isClosed })
        #expect(handler.heard == [.closed(.peerClosed)])
        driven.end()
    }
}

private struct NotDetached: Error {}

extension DrivenLoop {
    /// Gives a client the near end of a socket pair.
    func attachSocket(to client: ConnectionHandle, sendBuffer: Int? = nil) throws -> Peer {
        let (connection, peer) = try self.connect(RecordingHandler(), sendBuffer: sendBuffer)
        guard let socket = self.loop.detach(connection) else { throw NotDetached() }
        let isAttached = self.loop.attach(socket, to: client)
        #expect(isAttached)
        return peer
    }
}
