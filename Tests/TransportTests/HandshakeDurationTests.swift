import Instruments
import Messaging
import Sessions
import TestKit
import Testing
import Transport

@Suite struct HandshakeDurationTests {
    private func count(_ stage: WebSocketStage, _ part: HandshakeStage, _ name: ProtocolName = .plain) -> UInt64 {
        stage.host.durations[part][name].count
    }

    private func seconds(_ stage: WebSocketStage, _ part: HandshakeStage) -> Double {
        stage.host.durations[part][.plain].sum
    }

    @Test func `each open connection is timed once a stage, under its protocol`() throws {
        let stage = try WebSocketStage()
        _ = try stage.native()
        _ = try stage.client("room=r")
        _ = try stage.client("room=r")
        #expect(stage.driven.turn { stage.registry.active()[.plain].sum == 2 })
        for part in HandshakeStage.allCases {
            #expect(count(stage, part, .native) == 1)
            #expect(count(stage, part, .plain) == 2)
        }
    }

    @Test func `a request that comes in pieces takes as long as they are apart`() throws {
        let stage = try WebSocketStage()
        let peer = try Peer(to: stage.port)
        stage.driven.turn(times: 3)
        let request = WebSocketStage.handshake("room=r")
        peer.send(String(request.prefix(20)))
        stage.driven.turn(times: 3)
        peer.send(String(request.dropFirst(20)))
        #expect(stage.driven.turn { self.count(stage, .total) == 1 })
        #expect(seconds(stage, .upgrade) > 0)
        #expect(seconds(stage, .total) > seconds(stage, .upgrade))
    }

    @Test func `a client that waits before its request is slow in total only`() throws {
        let stage = try WebSocketStage()
        let peer = try Peer(to: stage.port)
        stage.driven.turn(times: 3)
        peer.send(WebSocketStage.handshake("room=r"))
        #expect(stage.driven.turn { self.count(stage, .total) == 1 })
        #expect(seconds(stage, .upgrade) == 0, "read and answered in one turn")
        #expect(seconds(stage, .total) > 0)
    }

    @Test(arguments: [1, 2]) func `time before a later request of a connection does not count`(pieces: Int) throws {
        let stage = try WebSocketStage()
        let peer = try Peer(to: stage.port)
        let earlier = "GET /hello HTTP/1.1\r\nHost: here\r\n\r\n"
        let request = WebSocketStage.handshake("room=r")
        if pieces == 1 {
            // Also where its bytes come together with the rest of the earlier one.
            peer.send(String(earlier.prefix(10)))
            stage.driven.turn(times: 3)
            peer.send(String(earlier.dropFirst(10)) + request)
        } else {
            peer.send(earlier)
            stage.driven.turn(times: 3)
            peer.send(request)
        }
        #expect(stage.driven.turn { self.count(stage, .total) == 1 })
        #expect(seconds(stage, .upgrade) == 0 && seconds(stage, .total) == 0)
    }

    @Test func `what is refused is not timed`() throws {
        let stage = try WebSocketStage()
        _ = try stage.client("no=room")
        #expect(stage.driven.turn { stage.host.rejected.sum == 1 })
        #expect(count(stage, .upgrade) == 0 && count(stage, .total) == 0)
    }
}
