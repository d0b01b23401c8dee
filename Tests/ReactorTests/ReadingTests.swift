import Glibc
import TestKit
import Testing

@testable import Reactor

struct ReadingTests {
    @Test(arguments: Wire.allCases)
    func `what is not used comes again in front of the next bytes`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        var offered: [String] = []
        handler.use = { _, _, bytes in
            offered.append(String(decoding: bytes, as: UTF8.self))
            return bytes.count / 4 * 4
        }
        let (_, peer) = try driven.connect(handler, wire: wire)
        for piece in ["ab", "cde", "f", "ghijk"] {
            peer.send(piece)
            driven.turn()
        }
        #expect(offered == ["ab", "abcde", "ef", "efghijk"])
        #expect(handler.text == "abcdefgh")
        driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `a handler set while bytes are lent is offered the rest at once`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let (first, second) = (RecordingHandler(), RecordingHandler())
        first.use = { _, connection, _ in
            driven.loop.setHandler(second, of: connection)
            return 4
        }
        let (_, peer) = try driven.connect(first, wire: wire)
        peer.send("headbody")
        driven.turn()
        #expect(first.text == "head")
        #expect(second.text == "body")
        peer.send("more")
        driven.turn()
        #expect(second.text == "bodymore")
        driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `a handler set later is offered what was kept`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let (first, second) = (RecordingHandler(), RecordingHandler())
        first.use = { _, _, _ in 0 }
        let (connection, peer) = try driven.connect(first, wire: wire)
        peer.send("kept")
        driven.turn()
        driven.loop.setHandler(second, of: connection)
        driven.turn()
        #expect(second.text == "kept")
        driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `a paused connection reads nothing, and then everything`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        let (connection, peer) = try driven.connect(handler, wire: wire)
        driven.loop.pauseReading(connection)
        peer.send("one")
        driven.turn(times: 3)
        #expect(handler.reads == 0)
        driven.loop.resumeReading(connection)
        #expect(driven.turn { handler.text == "one" })
        driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `resuming offers what was kept, once, without new bytes`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        var mayUse = false
        handler.use = { _, connection, bytes in
            if !mayUse {
                driven.loop.pauseReading(connection)
            }
            return mayUse ? bytes.count : 0
        }
        let (connection, peer) = try driven.connect(handler, wire: wire)
        peer.send("request")
        driven.turn(times: 3)
        #expect(handler.reads == 1)
        mayUse = true
        driven.loop.resumeReading(connection)
        driven.turn(times: 3)
        #expect(handler.text == "request")
        #expect(handler.reads == 2)
        driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `a tick reads once of every connection, however much one sends`(wire: Wire) throws {
        let driven = try DrivenLoop(EventLoopConfiguration(receiveBufferBytes: 4096))
        let (greedy, modest) = (RecordingHandler(), RecordingHandler())
        let (_, flood) = try driven.connect(greedy, wire: wire)
        let (_, trickle) = try driven.connect(modest, wire: wire)
        #expect(flood.send([UInt8](repeating: 1, count: 64 * 1024)) == 64 * 1024)
        trickle.send("hello")
        driven.turn()
        // Of records, those that are whole.
        #expect(greedy.bytes.count == (wire.isCiphered ? 3 * ToyCipher.largestRecord : 4096))
        #expect(modest.text == "hello")
        driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `big reads do not keep timers waiting`(wire: Wire) throws {
        let driven = try DrivenLoop()
        var peers: [Peer] = []
        var busy = 0
        for _ in 0..<64 {
            let handler = RecordingHandler()
            handler.use = { _, _, bytes in
                busy += 1
                let end = ContinuousClock.now + .milliseconds(2)
                while ContinuousClock.now < end {}
                return bytes.count
            }
            peers.append(try driven.connect(handler, wire: wire).peer)
        }
        for peer in peers {
            peer.send([UInt8](repeating: 1, count: 100_000))
        }
        var readsBefore: Int?
        _ = driven.loop.schedule(after: .milliseconds(1)) { readsBefore = busy }
        #expect(driven.turn { busy >= 64 })
        #expect(try #require(readsBefore) <= 16, "the timer had its turn between two parts of the events")
        driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `a handler that never uses a full buffer is closed`(wire: Wire) throws {
        let driven = try DrivenLoop(EventLoopConfiguration(receiveBufferBytes: 256))
        let handler = RecordingHandler()
        handler.use = { _, _, _ in 0 }
        let (_, peer) = try driven.connect(handler, wire: wire)
        peer.send([UInt8](repeating: 1, count: 300))
        #expect(driven.turn { handler.isClosed })
        #expect(handler.ending == .ioError(errno: EMSGSIZE))
    }

    @Test(arguments: Wire.allCases)
    func `after the peer's end we may still send`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        handler.onInputEnded = { connection in
            driven.loop.send("late answer", to: connection)
            driven.loop.finish(connection, timeout: .seconds(5), ending: .peerClosed)
        }
        let address = try driven.listen(wire: wire) { _ in handler }
        let peer = try Peer(to: address.port, wire: wire)
        peer.send("question")
        peer.endOutput()
        #expect(String(decoding: peer.receiveAll(turning: driven), as: UTF8.self) == "late answer")
        #expect(handler.text == "question")
        #expect(driven.turn { handler.isClosed })
        #expect(handler.heard == [.inputEnded, .closed(.peerClosed)])
    }

    @Test(arguments: Wire.allCases)
    func `a half-closed connection does not make the loop spin`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        handler.onInputEnded = { _ in }
        let address = try driven.listen(wire: wire) { _ in handler }
        let peer = try Peer(to: address.port, wire: wire)
        peer.endOutput()
        #expect(driven.turn { handler.heard == [.inputEnded] })
        #expect(driven.ticks(in: .milliseconds(50)) < 100)
        #expect(!handler.isClosed)
        driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `bytes sent before a reset are heard, then the reset`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        let address = try driven.listen(wire: wire) { _ in handler }
        let peer = try Peer(to: address.port, wire: wire)
        #expect(driven.turn { driven.loop.snapshot().open == 1 })
        peer.reset()
        #expect(driven.turn { handler.isClosed })
        #expect(handler.heard == [.closed(.reset)])
    }

    @Test(arguments: Wire.allCases)
    func `a reset is noticed while reading is paused`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        var opened: ConnectionHandle?
        let address = try driven.listen(wire: wire) { socket in
            opened = socket.connection
            return handler
        }
        let peer = try Peer(to: address.port, wire: wire)
        #expect(driven.turn { opened != nil })
        driven.loop.pauseReading(try #require(opened))
        peer.send("unread")
        peer.reset()
        #expect(driven.turn { handler.isClosed })
        #expect(handler.ending == .reset)
        #expect(handler.reads == 0)
    }

    @Test(arguments: Wire.allCases)
    func `what was kept is offered before the end of input`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        var mayUse = false
        handler.use = { _, _, bytes in mayUse ? bytes.count : 0 }
        let (connection, peer) = try driven.connect(handler, wire: wire)
        peer.send("kept")
        driven.turn()
        peer.endOutput()
        mayUse = true
        handler.onInputEnded = { _ in #expect(handler.text == "kept") }
        driven.loop.resumeReading(connection)
        #expect(driven.turn { handler.heard == [.inputEnded] })
        driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `the last bytes of a peer that is gone are heard, though a queue for it fails`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        let (connection, peer) = try driven.connect(handler, sendBuffer: 4096, wire: wire)
        driven.loop.send([UInt8](repeating: 1, count: 100_000), to: connection)
        peer.send("bye")
        peer.close()
        #expect(driven.turn { handler.isClosed })
        #expect(handler.text == "bye")
        driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `a peer that is simply gone is heard as its end`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        let (_, peer) = try driven.connect(handler, wire: wire)
        peer.send("bye")
        peer.close()
        #expect(driven.turn { handler.isClosed })
        #expect(handler.text == "bye")
        #expect(handler.ending == .peerClosed)
    }
}
