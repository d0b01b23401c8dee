import Instruments
import TestKit
import Testing

@testable import Reactor

struct HandingOverTests {
    @Test(arguments: Wire.allCases)
    func `a socket goes from loop to loop with what was not used and not sent`(wire: Wire) throws {
        let (from, to) = (try DrivenLoop(), try DrivenLoop())
        let (first, second) = (RecordingHandler(), RecordingHandler())
        first.use = { _, _, _ in 4 }
        let (connection, peer) = try from.connect(first, sendBuffer: 4096, wire: wire)
        let reply = [UInt8](repeating: 1, count: 100_000)
        from.loop.send(reply, to: connection)
        peer.send("headbody")
        from.turn()
        from.loop.addReceived(messages: 2, to: connection)
        guard let socket = from.loop.detach(connection) else { throw NotDetached() }
        #expect(socket.unreadBytes == 4)
        #expect(!from.loop.isOpen(connection))
        #expect(from.loop.snapshot().open == 0 && from.loop.backlog.bytes == 0)
        peer.send("more")
        guard let moved = to.loop.attach(socket, handler: second) else { throw NotDetached() }
        #expect(to.turn { second.text == "bodymore" })
        to.loop.finish(moved, timeout: .seconds(5))
        #expect(peer.receiveAll(turning: to) == reply)
        peer.close()
        #expect(to.turn { second.isClosed })
        #expect(second.final?.messagesReceived == 2)
        // A cipher's records have headers.
        let final = try #require(second.final)
        #expect(wire.isCiphered ? final.bytesReceived > 12 : final.bytesReceived == 12)
        #expect(wire.isCiphered ? final.bytesSent > 100_000 : final.bytesSent == 100_000)
        from.turn()
        #expect(first.heard.isEmpty, "the old handler hears nothing more")
        from.end()
        to.end()
    }

    @Test(arguments: Wire.allCases)
    func `inside a read the bytes lent travel along, but for those used`(wire: Wire) throws {
        let (from, to) = (try DrivenLoop(), try DrivenLoop())
        let (first, second) = (RecordingHandler(), RecordingHandler())
        var moved: ConnectionHandle?
        first.use = { _, connection, bytes in
            guard bytes.count > 4 else { return 0 }
            if let socket = from.loop.detach(connection, used: 2) {
                moved = to.loop.attach(socket, handler: second)
            }
            return bytes.count
        }
        let (_, peer) = try from.connect(first, wire: wire)
        peer.send("abc")
        from.turn()
        peer.send("defg")
        from.turn()
        #expect(moved != nil)
        to.turn()
        #expect(second.text == "cdefg")
        from.end()
        to.end()
    }

    @Test(arguments: Wire.allCases)
    func `the end of input is heard on the new loop`(wire: Wire) throws {
        let (from, to) = (try DrivenLoop(), try DrivenLoop())
        let (first, second) = (RecordingHandler(), RecordingHandler())
        first.onInputEnded = { _ in }
        let (connection, peer) = try from.connect(first, wire: wire)
        peer.endOutput()
        #expect(from.turn { first.heard == [.inputEnded] })
        guard let socket = from.loop.detach(connection) else { throw NotDetached() }
        _ = to.loop.attach(socket, handler: second)
        #expect(to.turn { second.heard.contains(.inputEnded) })
        from.end()
        to.end()
    }

    @Test(arguments: Wire.allCases)
    func `a socket that nobody adopts is closed`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let (connection, peer) = try driven.connect(RecordingHandler(), wire: wire)
        do {
            guard let socket = driven.loop.detach(connection) else { throw NotDetached() }
            #expect(socket.unreadBytes == 0)
        }
        #expect(peer.receive() == nil)
        driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `room frames that are queued keep a connection where they are counted`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let (connection, _) = try driven.connect(RecordingHandler(), sendBuffer: 4096, wire: wire)
        let batch = SendBatch(lane: 1, [[UInt8](repeating: 1, count: 100_000)])
        driven.loop.deliver([Delivery(batch: batch, members: [connection], source: 0)])
        if driven.loop.detach(connection) != nil {
            Issue.record("it was detached with a room frame queued")
        }
        #expect(driven.loop.isOpen(connection))
        driven.end()
    }

    @Test(.timeLimit(.minutes(1)))
    func `between running loops nothing is lost, however often`() async throws {
        let loops = try (0..<2).map {
            try EventLoop(index: $0, name: "loop-\($0)", configuration: EventLoopConfiguration())
        }
        var port = try ListeningPort.claim(host: "127.0.0.1", port: 0)
        let socket = try port.open()
        let heard = Lock<[UInt8]>([])
        try loops[0].listen(socket) { _ in Wanderer(here: loops[0], there: loops[1], heard: heard) }
        for loop in loops {
            loop.start()
        }
        let peer = try Peer(to: port.address.port)
        let bytes = (0..<20_000).map { UInt8(truncatingIfNeeded: $0) }
        var sent = 0
        while sent < bytes.count {
            sent += peer.send(Array(bytes[sent..<min(sent + 37, bytes.count)]))
            await Task.yield()
        }
        while heard.withLock({ $0.count }) < bytes.count {
            await Task.yield()
        }
        #expect(heard.withLock { $0 } == bytes)
        for loop in loops {
            loop.stop()
            loop.join()
        }
    }
}

private struct NotDetached: Error {}

/// Uses a few bytes at a time and then moves to the other loop with the rest.
private final class Wanderer: SocketHandler {
    private let here: EventLoop
    private let there: EventLoop
    private let heard: Lock<[UInt8]>

    init(here: EventLoop, there: EventLoop, heard: Lock<[UInt8]>) {
        self.here = here
        self.there = there
        self.heard = heard
    }

    func received(_ bytes: inout MutableSpan<UInt8>, on connection: ConnectionHandle) -> Int {
        let used = min(11, bytes.count)
        var copy: [UInt8] = []
        for index in 0..<used {
            copy.append(bytes[index])
        }
        self.heard.withLock { $0 += copy }
        let (here, there, heard) = (self.here, self.there, self.heard)
        if let socket = here.detach(connection, used: used) {
            there.execute(moving: socket) { socket in
                _ = there.attach(socket, handler: Wanderer(here: there, there: here, heard: heard))
            }
        }
        return bytes.count
    }

    func closed(_ connection: ConnectionHandle, _ ending: SocketEnding, _ final: ConnectionCounters) {}
}
