import HTTP
import HTTPServer
import Reactor
import TestKit
import Testing

private let request = "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"
private let switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"

/// A server whose sockets are given to a handler on another loop.
private final class Giving {
    let other: DrivenLoop
    let handler = RecordingHandler()
    var moved: ConnectionHandle?
    var closedCalls = 0

    init() throws {
        self.other = try DrivenLoop()
    }

    func give(_ exchange: HTTPExchange, sending text: String = switching) {
        exchange.onClosed = { self.closedCalls += 1 }
        guard let socket = exchange.giveAway(sending: Array(text.utf8).span) else { return }
        self.moved = self.other.loop.attach(socket, handler: self.handler)
    }

    deinit {
        self.other.end()
    }
}

@Suite struct HTTPGiveAwayTests {
    @Test func `the socket goes to another loop behind the answer, with the bytes behind the head`() throws {
        let giving = try Giving()
        let served = try ServedLoop { $0.on(.get, "/echo", .onLoop { giving.give($0) }) }
        let peer = try served.connect()
        peer.send(request + "early")
        #expect(served.receive(peer) { $0 == switching } == switching)
        #expect(giving.other.turn { giving.handler.text == "early" })
        peer.send(" and late")
        #expect(giving.other.turn { giving.handler.text == "early and late" })
        #expect(served.server.openConnections == 0)
        #expect(served.driven.loop.snapshot().open == 0)
        peer.close()
        #expect(giving.other.turn { giving.handler.isClosed })
        served.driven.turn()
        #expect(giving.closedCalls == 0)
        let sent = request.utf8.count + "early and late".utf8.count
        #expect(giving.handler.final?.bytesReceived == UInt64(sent))
        #expect(giving.handler.final?.bytesSent == UInt64(switching.utf8.count))
    }

    @Test func `answers of earlier requests go first, also those of the same read`() throws {
        let giving = try Giving()
        let served = try ServedLoop { router in
            router.on(.get, "/hello", .answer { _ in .text("hello\n") })
            router.on(.get, "/echo", .onLoop { giving.give($0) })
        }
        let peer = try served.connect()
        let hello = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
        peer.send(hello + hello + request + "rest")
        let answer = served.receive(peer) { $0.hasSuffix(switching) }
        #expect(statuses(answer) == ["200", "200", "101"])
        #expect(answer.hasSuffix("hello\n" + switching))
        #expect(giving.other.turn { giving.handler.text == "rest" })
        #expect(served.server.counts.handled == 3)
    }

    @Test func `what the kernel has not taken of the answer travels, and nothing overtakes it`() throws {
        let giving = try Giving()
        let long = switching + String(repeating: "x", count: 900_000)
        let served = try ServedLoop { $0.on(.get, "/echo", .onLoop { giving.give($0, sending: long) }) }
        let peer = try served.connect(receiveBuffer: 4096)
        peer.send(request)
        #expect(served.driven.turn { giving.moved != nil })
        let moved = try #require(giving.moved)
        #expect(giving.other.loop.counters(of: moved)?.queuedBytes ?? 0 > 0)
        giving.other.loop.send("later", to: moved)
        giving.other.loop.send("next", to: moved, placement: .next)
        giving.other.loop.finish(moved, timeout: .seconds(10))
        let received = String(decoding: peer.receiveAll(turning: giving.other), as: UTF8.self)
        #expect(received == long + "next" + "later")
        peer.close()
        #expect(giving.other.turn { giving.handler.isClosed })
        #expect(giving.handler.final?.bytesSent == UInt64(received.utf8.count))
    }

    @Test func `it may be later than the request; what was sent meanwhile travels`() throws {
        let giving = try Giving()
        var waiting: HTTPExchange?
        defer { waiting = nil }
        let served = try ServedLoop { $0.on(.get, "/echo", .onLoop { waiting = $0 }) }
        let peer = try served.connect()
        peer.send(request + "one")
        #expect(served.driven.turn { waiting != nil })
        peer.send(" two")
        served.driven.turn(times: 3)
        peer.endOutput()
        served.driven.turn(times: 3)
        giving.give(try #require(waiting))
        #expect(waiting?.isOver == true)
        #expect(giving.other.turn { giving.handler.heard.contains(.inputEnded) })
        #expect(giving.handler.text == "one two")
        #expect(served.receive(peer) { $0 == switching } == switching)
    }

    @Test func `no deadline of the request is left, and a drain leaves the socket alone`() throws {
        let giving = try Giving()
        var limits = HTTPServerLimits()
        limits.headTimeout = .milliseconds(10)
        limits.idleTimeout = .milliseconds(10)
        let served = try ServedLoop(limits: limits) { $0.on(.get, "/echo", .onLoop { giving.give($0) }) }
        let peer = try served.connect()
        peer.send(request)
        #expect(served.driven.turn { giving.moved != nil })
        // A later connection times out, and this one has not.
        #expect(try served.ask("") == "")
        served.server.drain()
        served.driven.turn()
        giving.other.turn()
        #expect(giving.handler.heard.isEmpty)
        peer.send("still here")
        #expect(giving.other.turn { giving.handler.text == "still here" })
    }

    @Test func `what was answered already, or has ended, is not given away`() throws {
        let giving = try Giving()
        var exchanges: [HTTPExchange] = []
        defer { exchanges = [] }
        let served = try ServedLoop { router in
            router.on(
                .get,
                "/echo",
                .onLoop { exchange in
                    exchanges.append(exchange)
                    if exchanges.count == 1 {
                        exchange.respond(.text("no\n"))
                        giving.give(exchange)
                    }
                }
            )
        }
        let peer = try served.connect()
        peer.send(request)
        #expect(served.receive(peer) { $0.hasSuffix("no\n") }.hasSuffix("no\n"))
        peer.send(request)
        #expect(served.driven.turn { exchanges.count == 2 })
        peer.reset()
        #expect(served.driven.turn { exchanges[1].isOver })
        giving.give(exchanges[1])
        #expect(giving.moved == nil)
    }
}
