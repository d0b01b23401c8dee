import HTTP
import HTTPServer
import Instruments
import Reactor
import TestKit
import Testing

private func served(_ change: (inout HTTPServerLimits) -> Void) throws -> ServedLoop {
    var limits = HTTPServerLimits()
    change(&limits)
    return try ServedLoop(limits: limits) { router in
        router.on(.get, "/hello", .answer { _ in .text("hello\n") })
        router.on(.post, "/upper", maximumBodyBytes: 10, .answer { _ in .text("x") })
        router.on(.get, "/never", .onLoop { _ in })
    }
}

/// Each waits for an ending that only the time-out under test brings; the others are far away.
@Suite struct HTTPTimeoutTests {
    @Test func `a head that does not end gets 408`() throws {
        let served = try served { $0.headTimeout = .milliseconds(30) }
        let answer = try served.ask("GET /hello HTTP/1.1\r\nHost: ")
        #expect(statuses(answer) == ["408"])
        #expect(answer.contains("Connection: close"))
        #expect(served.rejections(.headTimeout) == 1)
    }

    @Test func `single bytes do not put the deadline off`() throws {
        let served = try served { $0.headTimeout = .milliseconds(60) }
        let peer = try served.connect()
        var received: [UInt8] = []
        peer.send("GET /hello HTTP/1.1\r\nX: ")
        let isEnded = served.driven.turn {
            peer.send("x")
            guard let more = peer.receive() else { return true }
            received += more
            return received.starts(with: Array("HTTP/1.1 408".utf8))
        }
        #expect(isEnded)
        #expect(statuses(String(decoding: received, as: UTF8.self)) == ["408"])
    }

    @Test func `a connection that says nothing is ended without a word`() throws {
        let served = try served { $0.headTimeout = .milliseconds(30) }
        #expect(try served.ask("") == "")
        #expect(served.rejections(.silent) == 1)
    }

    @Test func `a body that does not end gets 408`() throws {
        let served = try served { $0.bodyTimeout = .milliseconds(30) }
        let answer = try served.ask("POST /upper HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc")
        #expect(statuses(answer) == ["408"])
        #expect(served.rejections(.bodyTimeout) == 1)
    }

    @Test func `a connection may rest so long and no longer`() throws {
        let served = try served { $0.idleTimeout = .milliseconds(30) }
        let answer = try served.ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(statuses(answer) == ["200"])
        #expect(served.server.counts.rejections.sum == 0)
    }

    @Test func `the head of a later request has its own deadline`() throws {
        let served = try served { $0.headTimeout = .milliseconds(30) }
        let peer = try served.connect()
        peer.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(served.receive(peer) { $0.hasSuffix("hello\n") }.hasSuffix("hello\n"))
        peer.send("GET")
        #expect(statuses(served.receiveAll(peer)) == ["408"])
    }

    @Test func `an answer may take its time`() throws {
        let served = try served {
            $0.headTimeout = .milliseconds(10)
            $0.bodyTimeout = .milliseconds(10)
            $0.idleTimeout = .milliseconds(10)
        }
        let busy = try served.connect()
        busy.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(served.driven.turn { served.server.counts.handled == 1 })
        // A connection that came later has timed out meanwhile.
        #expect(try served.ask("") == "")
        #expect(busy.receive() == [])
        #expect(served.driven.turn { served.server.openConnections == 1 })
    }

    @Test func `a client that does not end its side is cut after a while`() throws {
        let served = try served { $0.lingerTimeout = .milliseconds(30) }
        let peer = try served.connect()
        peer.send("x y z\r\n\r\n")
        #expect(statuses(served.receiveAll(peer)) == ["400"])
        #expect(served.driven.turn { served.server.openConnections == 0 })
    }
}
