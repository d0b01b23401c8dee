import Clients
import HTTP
import Reactor
import Testing
import WebSocket

@Suite(.timeLimit(.minutes(1))) struct WebSocketClientTests {
    private func withServer(
        answering answer: String? = nil,
        _ body: (EchoServer) async throws -> Void
    ) async throws {
        let server = try await EchoServer(answer: answer)
        defer { server.stop() }
        try await body(server)
    }

    @Test func `messages of every length come back as they were sent`() async throws {
        try await self.withServer { server in
            let client = try await WebSocketClient.connect(to: server.address, target: "/echo")
            #expect(client.subprotocol == nil)
            client.send("añ€😀")
            #expect(try await client.next() == .text("añ€😀"))
            for count in [0, 125, 126, 65_535, 65_536, 100_000] {
                let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: count), count: count)
                client.send(bytes)
                let isSame = try await client.next() == .binary(bytes)
                #expect(isSame, "\(count) bytes")
            }
            let closing = await client.close(code: 1001, reason: "bye")
            #expect(closing.code == 1001)
            await #expect(throws: WebSocketClientError.self) { try await client.next() }
        }
    }

    @Test func `the subprotocol that the server chose is known`() async throws {
        try await self.withServer { server in
            var options = WebSocketClient.Options()
            options.subprotocols = ["a", "b"]
            let client = try await WebSocketClient.connect(to: server.address, target: "/", options: options)
            #expect(client.subprotocol == "b")
            client.abort()
            let closing = await client.closing()
            #expect(closing.frame == nil)
            #expect(closing.socket == .local)
        }
    }

    @Test func `a thousand messages keep their order, asked for before or after they arrive`() async throws {
        try await self.withServer { server in
            let client = try await WebSocketClient.connect(to: server.address, target: "/")
            for number in 0..<1000 { client.send("\(number)") }
            var number = 0
            for await message in client.messages {
                #expect(message == .text("\(number)"))
                number += 1
                if number == 1000 { break }
            }
            #expect(number == 1000)
        }
    }

    @Test func `pings are answered and pongs can be heard`() async throws {
        try await self.withServer { server in
            var options = WebSocketClient.Options()
            options.hearsControlFrames = true
            let client = try await WebSocketClient.connect(to: server.address, target: "/", options: options)
            client.send("ping me")
            #expect(try await client.next() == .ping(Array("are you there".utf8)))
            // The server says again what our pong held.
            #expect(try await client.next() == .text("are you there"))
            client.sendFrame(.ping, [1, 2, 3])
            #expect(try await client.next() == .pong([1, 2, 3]))
            client.sendFrame(.text, Array("a".utf8), isFinal: false)
            client.sendFrame(.continuation, Array("b".utf8))
            #expect(try await client.next() == .text("ab"))
        }
    }

    @Test func `a close of the server is told with its code and reason`() async throws {
        try await self.withServer { server in
            let client = try await WebSocketClient.connect(to: server.address, target: "/")
            client.send("before")
            client.send("close me")
            #expect(try await client.next() == .text("before"))
            do {
                _ = try await client.next()
                Issue.record("the server had closed")
            } catch WebSocketClientError.closed(let frame) {
                #expect(frame == PeerClose(code: 4413, reason: "you are slow"))
            }
            let closing = await client.closing()
            #expect(closing.code == 4413)
            #expect(closing.reason == "you are slow")
        }
    }

    @Test func `a connection that is dropped, or broken, has no close frame`() async throws {
        try await self.withServer { server in
            let dropped = try await WebSocketClient.connect(to: server.address, target: "/")
            dropped.send("drop me")
            #expect(await dropped.closing().frame == nil)

            let broken = try await WebSocketClient.connect(to: server.address, target: "/")
            broken.send("break me")
            do {
                _ = try await broken.next()
                Issue.record("the server had broken the protocol")
            } catch WebSocketClientError.fault(let fault) {
                #expect(fault == .reservedOpcode(3))
            }
            _ = await broken.closing()
        }
    }

    @Test func `bytes that are no frames are sent as they are`() async throws {
        try await self.withServer { server in
            let client = try await WebSocketClient.connect(to: server.address, target: "/")
            client.sendRaw([0xC1, 0x80, 0, 0, 0, 0])
            let closing = await client.closing()
            #expect(closing.code == 1002)
            #expect(closing.reason.contains("reserved bits"))
        }
    }

    @Test func `a refusal carries status, fields and body`() async throws {
        let answer = "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nContent-Length: 5\r\n\r\nsorry"
        try await self.withServer(answering: answer) { server in
            do {
                _ = try await WebSocketClient.connect(to: server.address, target: "/")
                Issue.record("the server had refused")
            } catch WebSocketClientError.refused(let refusal) {
                #expect(refusal.status == .upgradeRequired)
                #expect(refusal.headers["Sec-WebSocket-Version"] == "13")
                #expect(refusal.body == "sorry")
            }
        }
    }

    @Test(arguments: ["HTTP/1.1 404 Not Found\r\n\r\nuntil the end", "HTTP/1.1 204 No Content\r\n\r\n"])
    func `a refusal without a length ends too`(answer: String) async throws {
        try await self.withServer(answering: answer) { server in
            await #expect(throws: WebSocketClientError.self) {
                _ = try await WebSocketClient.connect(to: server.address, target: "/")
            }
        }
    }

    @Test(arguments: ["nonsense\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n", ""])
    func `an answer that is none fails the connection`(answer: String) async throws {
        try await self.withServer(answering: answer) { server in
            await #expect(throws: WebSocketClientError.self) {
                _ = try await WebSocketClient.connect(to: server.address, target: "/")
            }
        }
    }

    @Test func `nobody at the other end is told, and so is silence`() async throws {
        let server = try await EchoServer()
        let client = try await WebSocketClient.connect(to: server.address, target: "/")
        do {
            _ = try await client.next(within: .milliseconds(1))
            Issue.record("nothing was sent")
        } catch WebSocketClientError.timedOut {}
        server.stop()
        _ = await client.closing()
        do {
            _ = try await WebSocketClient.connect(to: server.address, target: "/")
            Issue.record("nobody listens")
        } catch WebSocketClientError.notConnected(let ending) {
            #expect(ending != .local)
        }
    }

    @Test func `a task that is cancelled waits no longer`() async throws {
        try await self.withServer { server in
            let client = try await WebSocketClient.connect(to: server.address, target: "/")
            let waiting = Task { try await client.next(within: nil) }
            waiting.cancel()
            await #expect(throws: WebSocketClientError.self) { try await waiting.value }
            client.send("still there")
            #expect(try await client.next() == .text("still there"))
        }
    }

    @Test func `a client that does not read gets everything when it does`() async throws {
        try await self.withServer { server in
            let client = try await WebSocketClient.connect(to: server.address, target: "/")
            client.pauseReading()
            client.send("one")
            do {
                _ = try await client.next(within: .milliseconds(20))
                Issue.record("nothing was read")
            } catch WebSocketClientError.timedOut {}
            client.resumeReading()
            #expect(try await client.next() == .text("one"))
        }
    }
}
