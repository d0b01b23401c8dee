import Glibc
import Instruments
import TestKit
import Testing

@testable import Reactor

/// Asks the real kernel about real connections over loopback.
struct TCPInfoTests {
    /// A connection whose client has room for little that it has not read.
    private func connect(_ driven: DrivenLoop) throws -> (ConnectionHandle, Peer) {
        var accepted: ConnectionHandle?
        let address = try driven.listen { socket in
            accepted = socket.connection
            return RecordingHandler()
        }
        let peer = try Peer(to: address.port, receiveBuffer: 4096)
        #expect(driven.turn { accepted != nil })
        return (try #require(accepted), peer)
    }

    /// `SIOCOUTQ` and `SIOCOUTQNSD` of linux/sockios.h.
    private let outgoingBytes: UInt = 0x5411
    private let unsentBytes: UInt = 0x894B

    /// What the kernel answers to one of these, in bytes.
    private func ask(_ question: UInt, _ descriptor: Int32) -> Int {
        var bytes: Int32 = -1
        #expect(unsafe ioctl(descriptor, question, &bytes) == 0)
        return Int(bytes)
    }

    @Test func `a client that does not read has a full window and leaves bytes unsent`() throws {
        let driven = try DrivenLoop()
        defer { driven.end() }
        let (connection, peer) = try self.connect(driven)
        let bytes = 600_000
        driven.loop.send([UInt8](repeating: 7, count: bytes), to: connection)
        // What is sent arrives, and no more is sent.
        #expect(
            driven.turn {
                driven.loop.tcpInfo(of: connection).map { $0.isWindowFull == true && $0.inFlightBytes == 0 } == true
            }
        )
        let info = try #require(driven.loop.tcpInfo(of: connection))
        let queued = try #require(driven.loop.counters(of: connection)).queuedBytes
        #expect(info.notSentBytes > 0)
        #expect(queued > 0)
        #expect(info.unacknowledgedSegments == 0)
        #expect(info.retransmits == 0)
        #expect(info.timeoutsInARow == 0)
        // The kernel says the same elsewhere.
        let descriptor = driven.loop.slab[connection.slot].descriptor
        #expect(Int(info.notSentBytes) == self.ask(self.unsentBytes, descriptor))
        #expect(Int(info.notSentBytes) + Int(info.inFlightBytes) == self.ask(self.outgoingBytes, descriptor))

        // As soon as the client reads, all of it goes out.
        var arrived = 0
        #expect(
            driven.turn {
                arrived += peer.receive()?.count ?? 0
                return arrived == bytes
            }
        )
        #expect(driven.turn { driven.loop.tcpInfo(of: connection)?.inFlightBytes == 0 })
        let after = try #require(driven.loop.tcpInfo(of: connection))
        #expect(after.notSentBytes == 0)
        #expect(after.isWindowFull == false)
    }

    @Test func `the round trips over loopback are short and agree with each other`() throws {
        let driven = try DrivenLoop()
        defer { driven.end() }
        let (connection, peer) = try self.connect(driven)
        for _ in 0..<20 {
            driven.loop.send([1], to: connection)
            // Its own bytes carry the acknowledgement, so it does not wait.
            #expect(driven.turn { peer.receive() == [1] })
            peer.send("x")
            #expect(driven.turn { driven.loop.tcpInfo(of: connection)?.unacknowledgedSegments == 0 })
        }
        let info = try #require(driven.loop.tcpInfo(of: connection))
        #expect(info.minimumRTT > .zero)
        #expect(info.minimumRTT <= info.rtt + info.rttVariance * 4)
        #expect(info.minimumRTT < .milliseconds(20))
        #expect(info.rttVariance > .zero)
        #expect(info.segmentBytes > 500)
        #expect(info.inFlightBytes == 0)
        #expect(info.notSentBytes == 0)
        #expect(info.isWindowFull == false)
        #expect(info.sinceAcknowledgement <= info.sinceDataSent + .milliseconds(20))
    }

    @Test(
        arguments: [
            (nil, 0, nil), (0, 0, true), (1447, 0, true), (1448, 0, false), (10_000, 8552, false), (10_000, 8553, true),
            (UInt32.max, UInt32.max, true),
        ] as [(UInt32?, UInt32, Bool?)]
    )
    func `a window is full if no further segment has room in it`(window: UInt32?, inFlight: UInt32, isFull: Bool?) {
        var info = TCPInfo()
        info.segmentBytes = 1448
        info.notSentBytes = 5000
        info.windowBytes = window
        info.inFlightBytes = inFlight
        #expect(info.isWindowFull == isFull)
    }

    @Test(arguments: [(0, 0, true), (0, 1, false), (40, 39, true), (40, 40, false)] as [(UInt32, UInt32, Bool)])
    func `a window that the last bytes fit in is not full`(notSent: UInt32, window: UInt32, isFull: Bool) {
        var info = TCPInfo()
        info.segmentBytes = 1448
        info.notSentBytes = notSent
        info.windowBytes = window
        #expect(info.isWindowFull == isFull)
    }
}
