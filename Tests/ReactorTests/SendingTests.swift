import Instruments
import TestKit
import Testing

@testable import Reactor

struct SendingTests {
    private static func limits(
        _ bytes: Int,
        _ policy: SlowConsumerPolicy = .close,
        age: Duration = .seconds(30)
    ) -> EventLoopConfiguration {
        EventLoopConfiguration(queue: SendQueueLimits(bytes: bytes, age: age, policy: policy))
    }

    @Test(arguments: Wire.allCases)
    func `replies of one callback leave together, before anything else of the tick`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        handler.use = { _, connection, bytes in
            let before = driven.loop.counters(of: connection)?.bytesSent
            for number in 0..<3 {
                #expect(driven.loop.send("reply \(number);", to: connection) == .written)
            }
            #expect(driven.loop.counters(of: connection)?.bytesSent == before)
            return bytes.count
        }
        let (connection, peer) = try driven.connect(handler, wire: wire)
        let before = try #require(driven.loop.counters(of: connection)?.bytesSent)
        peer.send("x")
        driven.turn()
        #expect(String(decoding: try #require(peer.receive()), as: UTF8.self) == "reply 0;reply 1;reply 2;")
        #expect(driven.loop.counters(of: connection)?.bytesSent == before + UInt64(wire.bytes(24)))
        driven.end()
    }

    @Test func `whoever asks whether bytes wait hears of small ones that were only held, too`() throws {
        let driven = try DrivenLoop(Self.limits(64 * 1024))
        let handler = RecordingHandler()
        let (connection, peer) = try driven.connect(handler, sendBuffer: 4096)
        let (small, large) = ([UInt8](repeating: 1, count: 16 * 1024), [UInt8](repeating: 2, count: 256 * 1024))
        var sent: [UInt8] = []
        _ = driven.loop.schedule(after: .zero) {
            #expect(!driven.loop.isWaiting(connection))
            for _ in 0..<2 {
                #expect(driven.loop.send(small, to: connection) == .written)
                sent += small
            }
            #expect(driven.loop.isWaiting(connection))
        }
        handler.onDrained = { connection in
            guard sent.count < large.count else { return }
            // Nothing waits, so any size fits, however little the queue may hold.
            #expect(!driven.loop.isWaiting(connection))
            #expect(driven.loop.send(large, to: connection) == .queued)
            sent += large
        }
        var received: [UInt8] = []
        #expect(
            driven.turn {
                received += peer.receive() ?? []
                return received.count == 2 * small.count + large.count
            }
        )
        #expect(received == sent)
        #expect(!driven.loop.isWaiting(connection) && !handler.isClosed)
        driven.end()
        #expect(!driven.loop.isWaiting(connection))
    }

    @Test(arguments: Wire.allCases)
    func `replies to several connections, large and small, all arrive in order`(wire: Wire) throws {
        let driven = try DrivenLoop()
        var random = SeededGenerator()
        var connections: [ConnectionHandle] = []
        var peers: [Peer] = []
        for _ in 0..<3 {
            let (connection, peer) = try driven.connect(RecordingHandler(), sendBuffer: 8192, wire: wire)
            connections.append(connection)
            peers.append(peer)
        }
        var expected = [[UInt8]](repeating: [], count: 3)
        var received = expected
        for _ in 0..<60 {
            _ = driven.loop.schedule(after: .zero) {
                for _ in 0..<8 {
                    let place = Int.random(in: 0..<3, using: &random)
                    let length = 1 << Int.random(in: 0..<16, using: &random)
                    let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
                    switch driven.loop.send(bytes, to: connections[place]) {
                    case .written, .queued: expected[place] += bytes
                    case .overflowed, .refused, .failed: Issue.record("nobody is slow here")
                    }
                }
            }
            driven.loop.runTick(waitingAtMost: .milliseconds(1))
            for (place, peer) in peers.enumerated() {
                received[place] += try #require(peer.receive())
            }
        }
        #expect(
            driven.turn {
                for (place, peer) in peers.enumerated() {
                    received[place] += peer.receive() ?? []
                }
                return received == expected
            }
        )
        #expect(driven.loop.backlog.bytes == 0)
        driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `a stream waits for drained and goes on`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        let piece = [UInt8](repeating: 7, count: 40_000)
        var left = 20
        func stream(_ connection: ConnectionHandle) {
            while left > 0 {
                left -= 1
                if driven.loop.send(piece, to: connection) == .queued {
                    return
                }
            }
            driven.loop.finish(connection, timeout: .seconds(5))
        }
        handler.onDrained = stream
        let (connection, peer) = try driven.connect(handler, sendBuffer: 4096, wire: wire)
        stream(connection)
        #expect(peer.receiveAll(turning: driven).count == 20 * piece.count)
        #expect(handler.heard.filter { $0 == .drained }.count >= 5)
        driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `a ping goes right after the frame already begun`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let (connection, peer) = try driven.connect(RecordingHandler(), sendBuffer: 4096, wire: wire)
        let first = [UInt8](repeating: 1, count: 100_000)
        let second = [UInt8](repeating: 2, count: 1000)
        let room = [UInt8](repeating: 3, count: 1000)
        #expect(driven.loop.send(first, to: connection) == .queued)
        #expect(driven.loop.send(second, to: connection) == .queued)
        driven.loop.deliver([Delivery(batch: SendBatch(lane: 1, [room]), members: [connection], source: 0)])
        #expect(driven.loop.send([9, 9], to: connection, placement: .next) == .queued)
        #expect(driven.loop.send([8], to: connection, placement: .next) == .queued)
        driven.loop.finish(connection, timeout: .seconds(5))
        #expect(peer.receiveAll(turning: driven) == first + [8, 9, 9] + second + room)
        driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `a ping goes first where nothing is begun, into the middle of a batch where its first frame is`(wire: Wire)
        throws
    {
        let driven = try DrivenLoop()
        let (connection, peer) = try driven.connect(RecordingHandler(), sendBuffer: 4096, wire: wire)
        let frames = (0..<50).map { [UInt8](repeating: UInt8($0), count: 3000) }
        driven.loop.deliver([Delivery(batch: SendBatch(lane: 1, frames), members: [connection], source: 0)])
        #expect(driven.loop.send([255], to: connection, placement: .next) == .queued)
        driven.loop.finish(connection, timeout: .seconds(5))
        let received = peer.receiveAll(turning: driven)
        let ping = try #require(received.firstIndex(of: 255))
        #expect(ping % 3000 == 0 && ping > 0 && ping < 50 * 3000)
        #expect(received.filter { $0 != 255 } == frames.flatMap { $0 })
        driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `a reply that does not fit ends the connection, with a last word`(wire: Wire) throws {
        let driven = try DrivenLoop(Self.limits(10_000))
        let handler = RecordingHandler()
        handler.onOverflowed = { connection, ending in
            #expect(driven.loop.send("bye", to: connection, placement: .next) == .queued)
            driven.loop.finish(connection, timeout: .seconds(5), ending: ending)
        }
        let (connection, peer) = try driven.connect(handler, sendBuffer: 4096, wire: wire)
        let large = [UInt8](repeating: 1, count: 200_000)
        #expect(driven.loop.send(large, to: connection) == .queued, "with nothing queued any size is taken")
        #expect(driven.loop.send([2], to: connection) == .overflowed)
        #expect(driven.loop.send([3], to: connection) == .refused)
        #expect(peer.receiveAll(turning: driven) == large + Array("bye".utf8))
        peer.close()
        #expect(driven.turn { handler.isClosed })
        let ending = SocketEnding.slowConsumer(source: 0)
        #expect(handler.heard == [.overflowed(ending), .closed(ending)])
    }

    @Test(arguments: Wire.allCases)
    func `a handler that does nothing about its overflow is closed`(wire: Wire) throws {
        let driven = try DrivenLoop(Self.limits(100))
        let handler = RecordingHandler()
        handler.onOverflowed = { _, _ in }
        let (connection, _) = try driven.connect(handler, sendBuffer: 4096, wire: wire)
        driven.loop.send([UInt8](repeating: 1, count: 200_000), to: connection)
        driven.loop.send([2], to: connection)
        driven.turn()
        #expect(handler.ending == .slowConsumer(source: 0))
    }

    @Test(arguments: Wire.allCases)
    func `a ping still fits a full queue, and many pings do not`(wire: Wire) throws {
        let driven = try DrivenLoop(Self.limits(1000))
        let (connection, _) = try driven.connect(RecordingHandler(), sendBuffer: 4096, wire: wire)
        driven.loop.send([UInt8](repeating: 1, count: 200_000), to: connection)
        #expect(driven.loop.send([2], to: connection, placement: .next) == .overflowed)
        let (other, _) = try driven.connect(RecordingHandler(), sendBuffer: 4096, wire: wire)
        while driven.loop.send([UInt8](repeating: 1, count: 100), to: other) == .written {}
        while driven.loop.counters(of: other)?.queuedBytes ?? 1000 <= 900 {
            driven.loop.send([UInt8](repeating: 1, count: 100), to: other)
        }
        var pings = 0
        while driven.loop.send([UInt8](repeating: 2, count: 100), to: other, placement: .next) == .queued {
            pings += 1
        }
        #expect((30...41).contains(pings))
        driven.end()
    }

    @Test(arguments: Wire.allCases, [SlowConsumerPolicy.dropNewest, .dropOldest])
    func `where frames are dropped, a reply puts room frames out`(wire: Wire, policy: SlowConsumerPolicy) throws {
        let driven = try DrivenLoop(Self.limits(100_000, policy))
        let (connection, peer) = try driven.connect(RecordingHandler(), sendBuffer: 4096, wire: wire)
        driven.loop.send([UInt8](repeating: 255, count: 60_000), to: connection)
        let room = 100_000 - (driven.loop.counters(of: connection)?.queuedBytes ?? 0)
        let frames = (0..<(room / 700)).map { [UInt8](repeating: UInt8($0), count: 700) }
        driven.loop.deliver([Delivery(batch: SendBatch(lane: 1, frames), members: [connection], source: 4)])
        let reply = [UInt8](repeating: 100, count: 1500)
        #expect(driven.loop.send(reply, to: connection) == .queued)
        let dropped = Int(driven.loop.snapshot().lanes[1].outcomes[.droppedSlowConsumer])
        #expect((1...3).contains(dropped))
        driven.loop.finish(connection, timeout: .seconds(5))
        let received = peer.receiveAll(turning: driven).filter { $0 != 255 }
        let kept = policy == .dropOldest ? frames.dropFirst(dropped) : frames.dropLast(dropped)
        #expect(received == kept.flatMap { $0 } + reply)
        #expect(driven.loop.snapshot().lanes[1].outcomes[.written] == UInt64(frames.count - dropped))
        driven.end()
    }

    @Test(arguments: Wire.allCases)
    func `a write to a peer that is gone fails, and the handler hears why`(wire: Wire) throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        let (connection, peer) = try driven.connect(handler, wire: wire)
        peer.close()
        #expect(driven.loop.send("x", to: connection) == .failed)
        driven.turn()
        #expect(handler.heard == [.closed(.reset)])
    }
}
