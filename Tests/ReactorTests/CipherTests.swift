import Instruments
import TestKit
import Testing

@testable import Reactor

/// What a connection with a cipher has beside what every connection has.
struct CipherTests {
    @Test func `what is sent during the handshake waits, without a turn for nothing, and then goes out in order`()
        throws
    {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        let cipher = ToyCipher(.server)
        var pair = try driven.connect(handler)
        driven.loop.setCipher(cipher, of: pair.connection)
        #expect(driven.loop.send("first ", to: pair.connection) == .queued)
        let batch = SendBatch(lane: 1, [Array("second".utf8)])
        driven.loop.deliver([Delivery(batch: batch, members: [pair.connection], source: 0)])
        #expect(driven.loop.snapshot().lanes[1].pending == 1)
        #expect(driven.ticks(in: .milliseconds(30)) < 50)
        pair.peer = try Peer(descriptor: pair.peer.release(), wire: .ciphered)
        var received: [UInt8] = []
        #expect(
            driven.turn {
                received += pair.peer.receive() ?? []
                return received == Array("first second".utf8)
            }
        )
        #expect(pair.peer.cipher?.isWelcome == true)
        #expect(driven.loop.snapshot().lanes[1].outcomes[.written] == 1)
        driven.end()
    }

    @Test func `a cipher answers what it reads, in order with what is sealed`() throws {
        let driven = try DrivenLoop()
        let (connection, peer) = try driven.connect(RecordingHandler(), sendBuffer: 4096, wire: .ciphered)
        let large = [UInt8](repeating: 1, count: 100_000)
        #expect(driven.loop.send(large, to: connection) == .queued)
        let cipher = try #require(peer.cipher)
        for _ in 0..<20 {
            peer.sendSealed(cipher.ask([UInt8](repeating: 7, count: 900)))
            driven.turn()
        }
        var received: [UInt8] = []
        #expect(
            driven.turn {
                received += peer.receive() ?? []
                return received == large && cipher.answers == 20
            },
            "records out of order end the test's own cipher"
        )
        #expect(driven.turn { driven.loop.backlog.bytes == 0 })
        driven.end()
    }

    @Test func `a peer that asks and never takes the answers is ended`() throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        let (_, peer) = try driven.connect(handler, sendBuffer: 4096, wire: .ciphered)
        let cipher = try #require(peer.cipher)
        for _ in 0..<200 where !handler.isClosed {
            peer.sendSealed(cipher.ask([UInt8](repeating: 7, count: 1000)))
            driven.turn()
            #expect(driven.loop.backlog.bytes <= CipherRoom.saidBytes + CipherRoom.sealedRecordBytes)
        }
        #expect(handler.ending == .slowConsumer(source: 0))
        #expect(driven.loop.backlog.bytes == 0)
        driven.end()
    }

    @Test func `an end without a goodbye is told from one with it`() throws {
        let driven = try DrivenLoop()
        let (cut, whole) = (RecordingHandler(), RecordingHandler())
        let (_, first) = try driven.connect(cut, wire: .ciphered)
        let (_, second) = try driven.connect(whole, wire: .ciphered)
        first.send("cut")
        first.cut()
        second.send("whole")
        second.close()
        #expect(driven.turn { cut.isClosed && whole.isClosed })
        #expect(cut.heard.first == .inputCut && cut.text == "cut")
        #expect(whole.heard.first == .inputEnded && whole.text == "whole")
    }

    @Test func `a goodbye ends the input though the socket stays open, after what came before it`() throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        handler.onInputEnded = { connection in
            driven.loop.send("late answer", to: connection)
            driven.loop.finish(connection, timeout: .seconds(5), ending: .peerClosed)
        }
        let (_, peer) = try driven.connect(handler, wire: .ciphered)
        peer.send("question")
        peer.sayGoodbye()
        #expect(peer.receiveAll(turning: driven) == Array("late answer".utf8))
        #expect(handler.text == "question")
        #expect(peer.cipher?.hasHeardGoodbye == true)
        #expect(driven.turn { handler.isClosed })
        #expect(handler.heard == [.inputEnded, .closed(.peerClosed)])
    }

    @Test func `finish says goodbye after what is queued`() throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        let (connection, peer) = try driven.connect(handler, sendBuffer: 4096, wire: .ciphered)
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        #expect(driven.loop.send(bytes, to: connection) == .queued)
        driven.loop.finish(connection, timeout: .seconds(10))
        #expect(peer.receiveAll(turning: driven) == bytes)
        #expect(peer.cipher?.hasHeardGoodbye == true)
        peer.close()
        #expect(driven.turn { handler.isClosed })
        #expect(handler.heard == [.closed(.local)])
    }

    @Test func `what no cipher can take ends the connection, after what came before it`() throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        let (_, peer) = try driven.connect(handler, wire: .ciphered)
        peer.send("good")
        peer.sendSealed([68, 0, 1, 99, 99, 0])
        #expect(driven.turn { handler.isClosed })
        #expect(handler.text == "good")
        #expect(handler.ending == .cipherFailed)
    }

    @Test func `a goodbye is heard when reading goes on, not while it is paused`() throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        handler.use = { _, connection, bytes in
            driven.loop.pauseReading(connection)
            return bytes.count
        }
        let (connection, peer) = try driven.connect(handler, wire: .ciphered)
        peer.send("bye")
        peer.sayGoodbye()
        driven.turn(times: 3)
        #expect(handler.text == "bye" && handler.heard.isEmpty)
        driven.loop.resumeReading(connection)
        #expect(driven.turn { handler.heard.first == .inputEnded })
        driven.end()
    }

    @Test func `a writable member is sent to without a queue, whatever the size of its record`() throws {
        let driven = try DrivenLoop()
        let (connection, peer) = try driven.connect(RecordingHandler(), wire: .ciphered)
        let frames = (0..<7).map { [UInt8](repeating: $0, count: 700) }
        driven.loop.deliver([Delivery(batch: SendBatch(lane: 1, frames), members: [connection], source: 0)])
        #expect(driven.loop.backlog.slots.isEmpty)
        #expect(peer.receive() == frames.flatMap { $0 })
        #expect(driven.loop.snapshot().lanes[1].outcomes[.written] == 7)
        driven.end()
    }

    @Test func `frames of a record in flight are not dropped, and are written with its last byte`() throws {
        let limits = SendQueueLimits(bytes: 3000, policy: .dropOldest)
        let driven = try DrivenLoop(EventLoopConfiguration(queue: limits))
        let (connection, peer) = try driven.connect(RecordingHandler(), sendBuffer: 4096, wire: .ciphered)
        let ledger = DeliveryLedger()
        driven.loop.observeDeliveries(ledger)
        // Small frames, so that a record has many.
        for round in 0..<400 as Range<UInt64> {
            let frames = (0..<3).map { [UInt8](repeating: UInt8($0), count: 50) }
            let batch = SendBatch(lane: 1, frames, from: 1 + 3 * round)
            ledger.deliver([Delivery(batch: batch, members: [connection], source: 0)], on: driven.loop)
            let queue = driven.loop.slab[connection.slot].queue
            #expect(queue?.sealed.plain ?? 0 <= ToyCipher.largestRecord)
        }
        #expect(ledger.all[.droppedSlowConsumer] > 0)
        var received: [UInt8] = []
        #expect(
            driven.turn {
                received += peer.receive() ?? []
                return driven.loop.backlog.slots.isEmpty
            }
        )
        received += peer.receive() ?? []
        #expect(received.count == 50 * ledger.all[.written])
        #expect(ledger.faults.isEmpty && ledger.all.pending == 0)
        driven.end()
    }

    @Test func `a socket under way takes its cipher and the rest of a record along`() throws {
        let (from, to) = (try DrivenLoop(), try DrivenLoop())
        let (first, second) = (RecordingHandler(), RecordingHandler())
        let (connection, peer) = try from.connect(first, sendBuffer: 4096, wire: .ciphered)
        let reply = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
        #expect(from.loop.send(reply, to: connection) == .queued)
        #expect(from.loop.slab[connection.slot].queue?.sealed.isEmpty == false)
        guard let socket = from.loop.detach(connection), let moved = to.loop.attach(socket, handler: second) else {
            Issue.record("it goes from loop to loop")
            return
        }
        peer.send("more")
        #expect(to.turn { second.text == "more" })
        to.loop.finish(moved, timeout: .seconds(5))
        #expect(peer.receiveAll(turning: to) == reply)
        from.end()
        to.end()
    }

    @Test func `an outgoing connection has a cipher as well`() throws {
        let driven = try DrivenLoop()
        let (client, server) = (RecordingHandler(), RecordingHandler())
        let address = try driven.listen(wire: .ciphered) { _ in server }
        client.onConnected = { driven.loop.send("hello", to: $0) }
        let connection = try driven.loop.connect(to: address, timeout: .seconds(5), handler: client)
        driven.loop.setCipher(ToyCipher(.client), of: connection)
        server.use = { _, connection, bytes in
            driven.loop.send("answer", to: connection)
            return bytes.count
        }
        #expect(driven.turn { server.text == "hello" && client.text == "answer" })
        driven.end()
    }
}
