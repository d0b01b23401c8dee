import Foundation
import HTTP
import HTTPServer
import Instruments
import Reactor
import TestKit
import Testing

private func routes(_ router: inout HTTPRouter) {
    router.on(.get, "/hello", .answer { _ in .text("hello\n") })
    router.on(
        .post,
        "/upper",
        maximumBodyBytes: 1024,
        .answer { .text(String(decoding: $0.body, as: UTF8.self).uppercased()) }
    )
    router.on(.get, "/rooms/{room}/x", .answer { .text($0.parameters["room"]) })
    router.on(.delete, "/rooms/{room}/x", .answer { _ in HTTPResponse(status: HTTPStatus(code: 204)) })
    router.on(.get, "/big", .answer { _ in HTTPResponse(status: .ok, body: .bytes(big)) })
    router.on(.get, "/never", .onLoop { _ in })
}

/// Eight mebibytes whose blocks differ, made quickly also where nothing is optimised.
private let big = {
    var bytes: [UInt8] = []
    let block = (0..<(64 * 1024)).map { UInt8(truncatingIfNeeded: $0 &* 31 &>> 5) }
    for number in 0..<UInt8(128) {
        bytes += block
        bytes[bytes.count - 1] = number
    }
    return bytes
}()
private let close = "Connection: close\r\n"

private func get(_ path: String, _ fields: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: test\r\n\(fields)\r\n"
}

private func post(_ body: String, _ fields: String = "") -> String {
    "POST /upper HTTP/1.1\r\nHost: test\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
}

@Suite struct HTTPServerTests {
    @Test func `an answer has date, length and its body`() throws {
        let served = try ServedLoop(routes)
        let answer = try served.ask(get("/hello", close))
        #expect(
            undated(answer) == """
                HTTP/1.1 200 OK\r
                Content-Type: text/plain; charset=utf-8\r
                Content-Length: 6\r
                Connection: close\r
                \r
                hello

                """
        )
        #expect(answer.contains("\r\nDate: "))
        #expect(answer.contains(" GMT\r\n"))
        #expect(served.server.counts.requests == 1)
        #expect(served.server.counts.handled == 1)
    }

    @Test func `a connection is kept for the next request until somebody ends it`() throws {
        let served = try ServedLoop(routes)
        let peer = try served.connect()
        for _ in 0..<3 {
            peer.send(get("/hello"))
            let answer = served.receive(peer) { $0.hasSuffix("hello\n") }
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(!answer.contains("Connection"))
        }
        peer.send(get("/hello", close))
        #expect(served.receiveAll(peer).contains("Connection: close"))
        peer.close()
        #expect(served.driven.turn { served.server.openConnections == 0 })
    }

    @Test func `pipelined requests are answered in their order, in one go or byte by byte`() throws {
        let served = try ServedLoop(routes)
        let text = get("/hello") + post("abc") + get("/rooms/a%2Fb/x") + get("/nothing") + post("xyz", close)
        let whole = undated(try served.ask(text))
        #expect(statuses(whole) == ["200", "200", "200", "404", "200"])
        #expect(whole.contains("ABC"))
        #expect(whole.contains("\r\n\r\na/bHTTP"))
        #expect(whole.hasSuffix("XYZ"))

        let peer = try served.connect()
        for byte in text.utf8 {
            peer.send([byte])
            served.driven.turn()
        }
        #expect(undated(served.receiveAll(peer)) == whole)
    }

    @Test func `requests may wait for the answer before them`() throws {
        var waiting: [HTTPExchange] = []
        defer { waiting = [] }
        let served = try ServedLoop { router in
            router.on(.get, "/later", .onLoop { waiting.append($0) })
            router.on(.get, "/now", .answer { _ in .text("now") })
        }
        let peer = try served.connect()
        peer.send(get("/later") + get("/now"))
        #expect(served.driven.turn { waiting.count == 1 })
        // More comes while the first is being answered, and the client ends its side.
        peer.send(get("/now") + get("/later"))
        peer.endOutput()
        served.driven.turn(times: 5)
        #expect(peer.receive() == [])
        waiting[0].respond(.text("later"))
        try #require(served.driven.turn { waiting.count == 2 })
        waiting[1].respond(.text("last"))
        let answers = served.receiveAll(peer)
        #expect(statuses(answers) == ["200", "200", "200", "200"])
        #expect(answers.hasSuffix("last"))
        peer.close()
        #expect(served.driven.turn { served.server.openConnections == 0 })
    }

    @Test func `a chunked body is put together, whatever its chunks`() throws {
        let served = try ServedLoop(routes)
        let head = "POST /upper HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\(close)\r\n"
        #expect(try served.ask(head + "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n").hasSuffix("\r\n\r\nABCDE"))
        #expect(try served.ask(head + "0\r\n\r\n").hasSuffix("Content-Length: 0\r\nConnection: close\r\n\r\n"))
    }

    @Test func `HEAD is answered as GET without its body`() throws {
        let served = try ServedLoop(routes)
        let head = try served.ask("HEAD /hello HTTP/1.1\r\nHost: test\r\n\(close)\r\n")
        let got = try served.ask(get("/hello", close))
        #expect(undated(head) + "hello\n" == undated(got))
        #expect(try served.ask("HEAD /nothing HTTP/1.1\r\nHost: test\r\n\(close)\r\n").hasSuffix("\r\n\r\n"))
    }

    @Test func `an answer without content has no length either`() throws {
        let served = try ServedLoop(routes)
        let answer = try served.ask("DELETE /rooms/a/x HTTP/1.1\r\nHost: test\r\n\(close)\r\n")
        #expect(undated(answer) == "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
    }

    @Test func `HTTP 1.0 gets its answer and the end of the connection`() throws {
        let served = try ServedLoop(routes)
        let answer = try served.ask("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(answer.contains("Connection: close"))
        #expect(answer.hasSuffix("hello\n"))
    }

    @Test func `a problem is told as RFC 9457 says`() throws {
        let served = try ServedLoop(routes)
        #expect(
            undated(try served.ask(get("/nothing", close))) == """
                HTTP/1.1 404 Not Found\r
                Content-Type: application/problem+json\r
                Cache-Control: no-store\r
                Content-Length: 97\r
                Connection: close\r
                \r
                {"type":"about:blank","title":"Not Found","status":404,"detail":"there is nothing at this path"}

                """
        )
        let refused = try served.ask("PUT /rooms/a/x HTTP/1.1\r\nHost: test\r\n\(close)\r\n")
        #expect(refused.contains("405 Method Not Allowed\r\nAllow: GET, HEAD, DELETE\r\n"))
        #expect(served.rejections(.notFound) == 1)
        #expect(served.rejections(.methodNotAllowed) == 1)
    }

    @Test(
        arguments: [
            ("GET / HTTP/1.1\r\n\r\n", "400", .malformed), ("GET /hello HTTP/1.1\nHost: a\n\n", "400", .malformed),
            (get("/hello", "X : y\r\n"), "400", .malformed),
            (get("/hello", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), "400", .malformed),
            (get("/hello", "Expect: x\r\n"), "417", .unsupported), ("GET / HTTP/2.0\r\n\r\n", "505", .unsupported),
            (get("/hello", "Transfer-Encoding: gzip, chunked\r\n"), "501", .unsupported),
            (get("/" + String(repeating: "x", count: 17_000)), "414", .tooLarge),
            (get("/hello", "X: " + String(repeating: "x", count: 17_000) + "\r\n"), "431", .tooLarge),
            (get("/hello", String(repeating: "X: y\r\n", count: 100)), "431", .tooLarge),
            (get("/hello", "Content-Length: 1\r\n"), "413", .tooLarge),
            ("POST /upper HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\n\r\n", "413", .tooLarge),
            (
                "POST /upper HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n401\r\n"
                    + String(repeating: "x", count: 1025), "413", .tooLarge
            ),
            ("POST /upper HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "400", .malformed),
            ("\u{16}\u{3}\u{1}", "400", .malformed),
        ] as [(String, String, HTTPRejection)]
    )
    func `what is no request is answered, and the connection ends`(
        _ text: String,
        _ status: String,
        _ rejection: HTTPRejection
    ) throws {
        let served = try ServedLoop(routes)
        // A second request behind it must not be looked at: nobody knows where the first ends.
        let answer = try served.ask(text + get("/hello"))
        #expect(statuses(answer) == [status])
        #expect(answer.contains("Connection: close"))
        #expect(answer.contains("application/problem+json"))
        #expect(served.rejections(rejection) == 1)
        #expect(served.server.counts.rejections.sum == 1)
    }

    @Test func `a body for a path that is not there ends the connection behind the answer`() throws {
        let served = try ServedLoop(routes)
        let answer = try served.ask("POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n" + get("/hello"))
        #expect(statuses(answer) == ["404"])
        #expect(answer.contains("Connection: close"))
    }

    @Test func `a client that waits for 100 gets it before the body, or the refusal instead`() throws {
        let served = try ServedLoop(routes)
        let peer = try served.connect()
        peer.send("POST /upper HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\(close)\r\n")
        #expect(served.receive(peer) { $0.hasSuffix("\r\n\r\n") } == "HTTP/1.1 100 Continue\r\n\r\n")
        peer.send("abc")
        #expect(served.receiveAll(peer).hasSuffix("ABC"))

        let refused = try served.ask(
            "POST /upper HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\nExpect: 100-continue\r\n\r\n"
        )
        #expect(statuses(refused) == ["413"])
        let unasked = try served.ask(post("abc", "Expect: 100-continue\r\n" + close))
        #expect(statuses(unasked) == ["200"])
    }

    @Test func `the listener's own rule refuses before the body is read`() throws {
        let served = try ServedLoop(routes)
        served.server.admission = { head, pattern, _ in
            head.headers["authorization"] == nil && pattern == "/upper" ? HTTPProblem(.unauthorized).response : nil
        }
        let refused = try served.ask(
            "POST /upper HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
        )
        #expect(statuses(refused) == ["401"])
        #expect(statuses(try served.ask(post("abc", "Authorization: x\r\n" + close))) == ["200"])
        #expect(statuses(try served.ask(get("/hello", close))) == ["200"])
        #expect(served.rejections(.refused) == 1)
    }

    @Test func `a big answer waits for a slow client, and the queue stays small`() throws {
        #expect(!big.isEmpty)
        let served = try ServedLoop(routes)
        let peer = try served.connect(receiveBuffer: 16 * 1024)
        peer.send(get("/big") + get("/hello", close))
        served.driven.turn(times: 20)
        #expect(served.driven.loop.snapshot().queuedBytes <= 128 * 1024)
        var received: [UInt8] = []
        var most = 0
        let isEnded = served.driven.turn {
            most = max(most, served.driven.loop.snapshot().queuedBytes)
            guard let more = peer.receive() else { return true }
            received += more
            return false
        }
        #expect(isEnded)
        #expect(most <= 128 * 1024)
        let start = try #require(received.prefix(1_000).firstRange(of: Array("\r\n\r\n".utf8))?.upperBound)
        #expect(received.count > start + big.count)
        #expect(Data(received[start..<(start + big.count)]) == Data(big))
        #expect(String(decoding: received[(start + big.count)...], as: UTF8.self).hasSuffix("hello\n"))
    }

    @Test func `a client that closes its side first gets all its answers`() throws {
        let served = try ServedLoop(routes)
        let peer = try served.connect()
        peer.send(get("/hello") + get("/hello") + "GET /he")
        peer.endOutput()
        let answers = served.receiveAll(peer)
        #expect(statuses(answers) == ["200", "200"])
        peer.close()
        #expect(served.driven.turn { served.server.openConnections == 0 })
    }

    @Test func `a client that goes away is forgotten`() throws {
        var closed = 0
        let served = try ServedLoop { router in
            router.on(.get, "/never", .onLoop { $0.onClosed = { closed += 1 } })
        }
        for text in ["", "GET /", get("/never")] {
            let peer = try served.connect()
            peer.send(text)
            #expect(served.driven.turn { served.server.openConnections == 1 })
            served.driven.turn(times: 3)
            peer.reset()
            #expect(served.driven.turn { served.server.openConnections == 0 })
        }
        #expect(closed == 1)
    }

    @Test func `a drain ends connections that rest and the others behind their answers`() throws {
        var waiting: [HTTPExchange] = []
        defer { waiting = [] }
        let served = try ServedLoop { $0.on(.get, "/later", .onLoop { waiting.append($0) }) }
        let resting = try served.connect()
        let busy = try served.connect()
        busy.send(get("/later"))
        #expect(served.driven.turn { waiting.count == 1 && served.server.openConnections == 2 })
        served.server.drain()
        #expect(served.receiveAll(resting) == "")
        resting.close()
        waiting[0].respond(.text("x"))
        #expect(served.receiveAll(busy).contains("Connection: close"))
        busy.close()
        #expect(served.driven.turn { served.server.openConnections == 0 })
    }

    @Test func `random bytes and mutated requests never end more than their connection`() throws {
        var random = SeededGenerator()
        let served = try ServedLoop(routes)
        let text = Array((post("abc") + get("/rooms/a/x") + get("/hello", close)).utf8)
        for _ in 0..<150 {
            var bytes = text
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let peer = try served.connect()
            peer.send(bytes)
            peer.endOutput()
            let answer = served.receiveAll(peer)
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 "))
            peer.close()
            #expect(served.driven.turn { served.server.openConnections == 0 })
        }
        #expect(statuses(try served.ask(get("/hello", close))) == ["200"])
    }
}
