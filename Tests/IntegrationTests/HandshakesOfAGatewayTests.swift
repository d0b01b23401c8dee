import Clients
import HTTP
import HTTPClient
import Instruments
import TestKit
import Testing

/// Who is not let in, and who goes while it is.
@Suite(.timeLimit(.minutes(1))) struct HandshakesOfAGatewayTests {
    private static let handshake =
        "GET /ws?room=r HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

    @Test func `refusals say what would be right, and are counted`() async throws {
        try await RunningGateway.run(["limits.subscriptions=2"]) { running in
            var unknown = WebSocketClient.Options()
            unknown.subprotocols = ["v99.unknown"]
            let cases: [(String, WebSocketClient.Options, HTTPStatus, String)] = [
                ("/ws", .init(), .badRequest, "room"),
                ("/ws?room=", .init(), .badRequest, "room"),
                ("/ws?room=_inner", .init(), .badRequest, "room"),
                ("/ws?room=a&room=b&room=c", .init(), .badRequest, "limits.subscriptions"),
                ("/ws?room=r&user=_x", .init(), .badRequest, "user"),
                ("/ws?room=r&echo=maybe", .init(), .badRequest, "echo"),
                ("/ws?room=r&access_token=x", .init(), .badRequest, "token"),
                ("/ws?room=r", unknown, .badRequest, "atalaya.v1.json"),
                ("/nothing?token=hunter2", .init(), .notFound, ""),
            ]
            for (path, options, status, word) in cases {
                do {
                    _ = try await running.connect(path, options)
                    Issue.record("\(path) was let in")
                } catch WebSocketClientError.refused(let refusal) {
                    #expect(refusal.status == status, "\(path)")
                    #expect(refusal.headers["Content-Type"] == "application/problem+json", "\(path)")
                    #expect(word.isEmpty || refusal.body.contains(word), "\(path): \(refusal.body)")
                }
            }
            let metrics = try await running.scrape()
            #expect(metrics.sum("atalaya_handshakes_rejected_total") == cases.count)
            #expect(metrics.sum("atalaya_connections_opened_total") == 0)
            let lines = running.log.lines(of: "handshake.rejected")
            #expect(lines.count == cases.count)
            #expect(lines.map { $0[.status] } == cases.map { "\($0.2.code)" })
            for (line, (path, _, status, word)) in zip(lines, cases) {
                #expect(line.level == .info && line.lineLimit != nil)
                #expect(line[.remoteAddress] == "127.0.0.1")
                #expect(line[.stage] == (status == .notFound ? "request" : "upgrade"))
                #expect(word.isEmpty || line[.error]?.contains(word) == true, "\(path): \(line)")
                #expect(line[.error]?.contains("access_token=x") != true)
            }
            #expect(lines.last?[.reason] == "not_found")
            #expect(lines.last?[.error] == "there is nothing at /nothing")
        }
    }

    @Test func `clients that vanish in mid-handshake or at once leave nothing behind`() async throws {
        try await RunningGateway.run(["drain.delay=0s"]) { running in
            let whole = Array(Self.handshake.utf8)
            for count in stride(from: 0, through: whole.count, by: 10) {
                for ending in [Peer.close, Peer.reset, Peer.endOutput] {
                    let peer = try running.peer()
                    peer.send(Array(whole.prefix(count)))
                    ending(peer)()
                }
            }
            for _ in 0..<20 {
                let peer = try running.peer()
                peer.send(whole)
                peer.reset()
            }
            // Of those that got as far as a session, each ends.
            let client = try await running.connect("/ws?room=r")
            client.send("still there")
            #expect(try await client.next() == .text("still there"))
            let metrics = try await running.scrape(until: "one connection") {
                $0.sum("atalaya_connections_active") == 1
            }
            #expect(metrics.sum("atalaya_subscriptions_active") == 1)
            expectConserved(metrics)
            #expect(try await running.ask(.post, "/api/v1/drain").status == 202)
            _ = await client.closing()
            _ = try await running.scrape(until: "none") { $0.sum("atalaya_connections_active") == 0 }
        }
    }

    @Test func `a client that ends its stream without a close is gone, and its peer is closed`() async throws {
        try await RunningGateway.run { running in
            let peer = try running.peer()
            peer.send(Self.handshake)
            try await running.log.wait(for: "connection.opened")
            peer.endOutput()
            let closed = try await running.log.wait(for: "connection.closed")
            #expect(closed[0][.reason] == "abnormal" && closed[0][.initiator] == "network")
            #expect(closed[0][.error] == "the client ended the TCP connection without a close frame")
            #expect(await peer.text().hasPrefix("HTTP/1.1 101 "))
            expectConserved(try await running.scrape())
        }
    }

    @Test func `who says nothing, or never ends its head, is sent away in time`() async throws {
        try await RunningGateway.run(["limits.handshakeTimeout=50ms"]) { running in
            let silent = try running.peer()
            let slow = try running.peer()
            slow.send("GET /ws?room=r HTTP/1.1\r\nHost")
            let metrics = try await running.scrape(until: "both gone") {
                $0.sum("atalaya_handshakes_rejected_total") == 2
            }
            #expect(metrics.sum("atalaya_handshakes_rejected_total", ["reason": "silent"]) == 1)
            #expect(metrics.sum("atalaya_handshakes_rejected_total", ["reason": "head_timeout"]) == 1)
            let lines = running.log.lines(of: "handshake.rejected")
            #expect(Set(lines.map { $0[.reason] }) == ["silent", "head_timeout"])
            #expect(Set(lines.map { $0[.status] }) == [nil, "408"])
            silent.close()
            slow.close()
        }
    }
}

extension Peer {
    /// Everything until the other side ends.
    func text() async -> String {
        var bytes: [UInt8] = []
        while let more = self.receive() {
            bytes += more
            await Task.yield()
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
