import HTTP
import HTTPServer
import Reactor
import TestKit
import Testing

private let request = "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"
private let switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"

private func upgrade(_ exchange: HTTPExchange, to handler: any SocketHandler) {
    exchange.upgrade(sending: Array(switching.utf8).span, to: handler)
}

@Suite struct HTTPUpgradeTests {
    @Test func `the new handler gets the bytes behind the head, and all that follow`() throws {
        let handler = RecordingHandler()
        let served = try ServedLoop { $0.on(.get, "/echo", .onLoop { upgrade($0, to: handler) }) }
        let peer = try served.connect()
        peer.send(request + "early")
        #expect(served.receive(peer) { $0 == switching } == switching)
        peer.send(" and late")
        #expect(served.driven.turn { handler.text == "early and late" })
        #expect(served.server.openConnections == 0)
        peer.close()
        #expect(served.driven.turn { handler.isClosed })
    }

    @Test func `it may be a later request, and later than the request`() throws {
        let handler = RecordingHandler()
        var waiting: HTTPExchange?
        defer { waiting = nil }
        let served = try ServedLoop { router in
            router.on(.get, "/hello", .answer { _ in .text("hello\n") })
            router.on(.get, "/echo", .onLoop { waiting = $0 })
        }
        let peer = try served.connect()
        peer.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n" + request + "one")
        #expect(served.driven.turn { waiting != nil })
        peer.send(" two")
        served.driven.turn(times: 3)
        upgrade(try #require(waiting), to: handler)
        #expect(served.receive(peer) { $0.hasSuffix(switching) }.hasSuffix("hello\n" + switching))
        peer.send(" three")
        #expect(served.driven.turn { handler.text == "one two three" })
    }

    @Test func `no deadline of the request is left`() throws {
        let handler = RecordingHandler()
        let other = RecordingHandler()
        var limits = HTTPServerLimits()
        limits.headTimeout = .milliseconds(10)
        limits.idleTimeout = .milliseconds(10)
        let served = try ServedLoop(limits: limits) { router in
            router.on(.get, "/hello", .answer { _ in .text("hello\n") })
            router.on(.get, "/echo", .onLoop { upgrade($0, to: $0.request.head.headers["x"] == nil ? handler : other) })
        }
        let peer = try served.connect()
        peer.send(request)
        let second = try served.connect()
        second.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n" + request.replacing("\r\n\r\n", with: "\r\nX: y\r\n\r\n"))
        #expect(served.driven.turn { served.server.counts.handled == 3 })
        // A later connection times out, and these have not.
        #expect(try served.ask("") == "")
        #expect(handler.heard.isEmpty)
        #expect(other.heard.isEmpty)
    }

    @Test func `an upgrade that is refused is an answer as any other`() throws {
        let served = try ServedLoop { router in
            router.on(
                .get,
                "/echo",
                .onLoop {
                    $0.refuse(
                        HTTPProblem(
                            .upgradeRequired,
                            "speak x here",
                            headers: ["Upgrade": "x", "Connection": "Upgrade"]
                        )
                    )
                }
            )
        }
        let peer = try served.connect()
        peer.send(request)
        let answer = served.receive(peer) { $0.hasSuffix("}\n") }
        #expect(statuses(answer) == ["426"])
        #expect(answer.contains("speak x here"))
        peer.send(request.replacing("Connection: Upgrade", with: "Connection: close"))
        #expect(statuses(served.receiveAll(peer)) == ["426"])
    }
}
