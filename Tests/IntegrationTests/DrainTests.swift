import Clients
import HTTPClient
import Instruments
import Reactor
import TestKit
import Testing

/// An instance that lets go of its clients.
@Suite(.timeLimit(.minutes(1))) struct DrainTests {
    @Test func `clients are told to come back, operators are answered throughout, and nobody is left`() async throws {
        let settings = [
            "drain.delay=50ms", "drain.timeout=2s", "limits.closeTimeout=200ms",
        ]
        try await RunningGateway.run(settings) { running in
            #expect(try await running.ask(.get, "/readyz").status == 200)
            var native: [NativeClient] = []
            var plain: [WebSocketClient] = []
            for _ in 0..<6 {
                let client = try await running.native().client
                try await client.subscribe("r")
                native.append(client)
                plain.append(try await running.connect("/ws?room=r"))
            }
            // One that never answers a close, and one in mid-handshake.
            let silent = try await running.connect("/ws?room=r")
            silent.pauseReading()
            let unfinished = try running.peer()
            unfinished.send("GET /ws?room=r HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n")

            #expect(try await running.ask(.post, "/api/v1/drain").status == 202)
            #expect(try await running.ask(.get, "/readyz").status == 503)
            #expect(try await running.ask(.get, "/livez").status == 200)
            for client in native {
                let event = try await client.next()
                guard case .reconnect(let after, "drain") = event else {
                    Issue.record("\(event) is no invitation to come back")
                    continue
                }
                #expect((0...2000).contains(after))
                #expect(await client.socket.closing().code == 1012)
            }
            for client in plain { #expect(await client.closing().code == 1012) }
            unfinished.send("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            #expect(await unfinished.text().hasPrefix("HTTP/1.1 503 "))
            unfinished.close()
            expectConserved(try await running.scrape())

            let ended = try await running.log.wait(for: "drain.ended")
            #expect(ended[0][.connections] == "0")
            await #expect(throws: WebSocketClientError.self) { _ = try await running.connect("/ws?room=r") }
            #expect(try await running.ask(.get, "/livez").status == 200)
            #expect(try await running.ask(.get, "/readyz").status == 503)
            #expect(try await running.ask(.post, "/api/v1/drain").status == 200)
            let metrics = try await running.scrape()
            #expect(metrics.sum("atalaya_connections_active") == 0)
            #expect(metrics.sum("atalaya_rooms_active") == 0)
            #expect(metrics.sum("atalaya_connections_closed_total", ["reason": "drain"]) == 13)
            expectConserved(metrics)
        }
    }

    @Test func `a gateway that stops cuts whoever is connected`() async throws {
        var clients: [WebSocketClient] = []
        try await RunningGateway.run { running in
            for _ in 0..<8 { clients.append(try await running.connect("/ws?room=r")) }
        }
        for client in clients { #expect(await client.closing().socket != .local) }
    }
}
