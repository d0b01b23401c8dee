import HTTP
import HTTPServer
import Instruments
import Reactor
import TestKit
import Testing

private let request = "GET /poll HTTP/1.1\r\nHost: a\r\n\r\n"

@Suite struct HTTPSentTests {
    @Test func `whoever answers hears when the kernel has all of it`() throws {
        var heard: [Bool] = []
        let served = try ServedLoop { router in
            router.on(.get, "/poll", .onLoop { $0.respond(.text("hello\n")) { heard.append($0) } })
        }
        let peer = try served.connect()
        peer.send(request + request)
        let answers = served.receive(peer) { statuses($0).count == 2 && $0.hasSuffix("hello\n") }
        #expect(statuses(answers) == ["200", "200"])
        #expect(heard == [true, true])
        #expect(
            statuses(try served.ask(request.replacing("\r\n\r\n", with: "\r\nConnection: close\r\n\r\n"))) == ["200"]
        )
        #expect(heard == [true, true, true])
    }

    @Test func `a client that does not read keeps it waiting, and one that goes ends the wait`() throws {
        let body = String(repeating: "x", count: 8_000_000)
        var heard: [Bool] = []
        let served = try ServedLoop { router in
            router.on(.get, "/poll", .onLoop { $0.respond(.text(body)) { heard.append($0) } })
        }
        let peer = try served.connect(receiveBuffer: 4096)
        peer.send(request)
        #expect(served.driven.turn { served.server.counts.handled == 1 })
        served.driven.turn(times: 5)
        #expect(heard.isEmpty)
        #expect(served.receive(peer) { $0.utf8.count > body.utf8.count && $0.hasSuffix("x") }.hasSuffix(body))
        #expect(heard == [true])
        let gone = try served.connect(receiveBuffer: 4096)
        gone.send(request)
        #expect(served.driven.turn { served.server.counts.handled == 2 })
        gone.reset()
        #expect(served.driven.turn { heard.count == 2 })
        #expect(heard == [true, false])
    }

    @Test func `it is told of the answer that was given, whatever else is tried`() throws {
        var heard: [Bool] = []
        var waiting: HTTPExchange?
        defer { waiting = nil }
        let served = try ServedLoop { router in
            router.on(.get, "/poll", .onLoop { waiting = $0 })
        }
        let peer = try served.connect()
        peer.send(request)
        #expect(served.driven.turn { waiting != nil })
        let exchange = try #require(waiting)
        exchange.respond(.text("one\n")) { heard.append($0) }
        #expect(heard == [true])
        exchange.respond(.text("two\n")) { heard.append($0) }
        #expect(heard == [true, false])
        peer.send(request)
        #expect(served.driven.turn { waiting !== exchange })
        peer.reset()
        #expect(served.driven.turn { waiting?.isOver == true })
        waiting?.respond(.text("three\n")) { heard.append($0) }
        #expect(heard == [true, false, false])
    }

    @Test func `a poll carries what a client on another loop has queued, and it counts as its answer went`() throws {
        let home = try DrivenLoop()
        let handler = RecordingHandler()
        let client = try #require(home.loop.openClient(handler: handler))
        let served = try ServedLoop { router in
            router.on(
                .get,
                "/poll",
                .onLoop { exchange in
                    guard let parcel = home.loop.takeFrames(of: client, upTo: 1000) else {
                        return exchange.respond(HTTPResponse(status: .ok))
                    }
                    var payload: [UInt8] = []
                    parcel.forEachFrame { frame in
                        payload += (payload.isEmpty ? [] : [0x1e]) + frame.indices.map { frame[$0] }
                    }
                    exchange.respond(HTTPResponse(status: .ok, body: .bytes(payload))) { isSent in
                        home.loop.endParcel(parcel, written: isSent)
                    }
                }
            )
        }
        let batch = SendBatch(lane: 1, [Array("4one".utf8), Array("4two".utf8)])
        home.loop.deliver([Delivery(batch: batch, members: [client], source: 1)])
        home.loop.send("2", to: client)
        #expect(home.loop.snapshot().lanes[1].pending == 2)
        let peer = try served.connect()
        peer.send(request)
        let answer = served.receive(peer) { $0.hasSuffix("2") }
        #expect(answer.hasSuffix("\r\n\r\n4one\u{1e}4two\u{1e}2"))
        let lane = home.loop.snapshot().lanes[1]
        #expect(lane.pending == 0 && lane.outcomes[.written] == 2)
        #expect(handler.heard == [.drained])
        home.loop.deliver([Delivery(batch: batch, members: [client], source: 1)])
        peer.close()
        served.driven.turn()
        #expect(home.loop.snapshot().lanes[1].pending == 2, "nobody polls, so it waits")
        home.end()
    }
}
