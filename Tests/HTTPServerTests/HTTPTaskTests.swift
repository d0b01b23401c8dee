import Foundation
import HTTP
import HTTPServer
import Instruments
import Reactor
import TestKit
import Testing

private func get(_ path: String, _ fields: String = "Connection: close\r\n") -> String {
    "GET \(path) HTTP/1.1\r\nHost: test\r\n\(fields)\r\n"
}

private struct Misfortune: Error {}

/// What a chunked answer holds, put together.
private func body(_ answer: String) throws -> String {
    String(decoding: try body(Array(answer.utf8)), as: UTF8.self)
}

private func body(_ bytes: [UInt8]) throws -> [UInt8] {
    var parser = ResponseHeadParser()
    guard case .head(let head, let used) = try parser.read(bytes.span, answering: .get), head.framing == .chunked else {
        return Array("not chunked".utf8)
    }
    var chunks = ChunkedDecoder()
    var offset = used
    var body: [UInt8] = []
    while let event = try chunks.next(bytes.span, from: &offset) {
        guard case .data(let range) = event else { return body }
        body += bytes[range]
    }
    return Array("not complete: \(body.count) bytes".utf8)
}

@Suite(.timeLimit(.minutes(1))) struct HTTPTaskTests {
    @Test func `a handler off the loop answers with what it has when it has it`() async throws {
        let running = try RunningServer { router in
            router.on(
                .post,
                "/rooms/{room}",
                maximumBodyBytes: 100,
                .task { request in
                    await Task.yield()
                    let text = String(decoding: request.body, as: UTF8.self)
                    return .text("\(request.parameters["room"]): \(text) from \(request.peer.ip)")
                }
            )
        }
        defer { running.end() }
        let request = "POST /rooms/a HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n"
        let answer = try await running.ask(request + "\r\nhi" + request + "Connection: close\r\n\r\nho")
        #expect(statuses(answer) == ["200", "200"])
        #expect(answer.contains("a: hi from 127.0.0.1"))
        #expect(answer.hasSuffix("a: ho from 127.0.0.1"))
    }

    @Test func `what a handler throws becomes the answer`() async throws {
        let running = try RunningServer { router in
            router.on(.get, "/problem", .task { _ in throw HTTPProblem(HTTPStatus(code: 409), "already \"there\"\n") })
            router.on(.get, "/misfortune", .task { _ in throw Misfortune() })
        }
        defer { running.end() }
        let failures = Observed<[String]>([])
        await running.loop.perform {
            running.server.value.onRejection = { rejection, _, error in
                failures.change { $0.append("\(rejection.label) \(error is Misfortune)") }
            }
        }
        let problem = try await running.ask(get("/problem"))
        #expect(statuses(problem) == ["409"])
        #expect(problem.hasSuffix(#""detail":"already \"there\" "}"# + "\n"))
        let answer = try await running.ask(get("/misfortune"))
        #expect(statuses(answer) == ["500"])
        #expect(!answer.contains("Misfortune"))
        #expect(failures.state == ["handler_failed true"])
    }

    @Test(arguments: [
        ("GET /a%20b/c?key=secret", "not_found: there is nothing at /a%20b/c"),
        ("DELETE /there?key=secret", "method_not_allowed: /there does not support DELETE"),
        ("OPTIONS *", "not_found: there is nothing at a target without a path"),
    ])
    func `whoever hears of a rejection hears which path was asked for, without its query`(
        request: String,
        told: String
    ) async throws {
        let running = try RunningServer { router in
            router.on(.get, "/there", .task { _ in HTTPResponse(status: .ok, headers: [:], body: .none) })
        }
        defer { running.end() }
        let heard = Observed<[String]>([])
        await running.loop.perform {
            running.server.value.onRejection = { rejection, _, error in
                heard.change { $0.append("\(rejection.label): \(error.map { "\($0)" } ?? "")") }
            }
        }
        _ = try await running.ask("\(request) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        #expect(heard.state == [told])
    }

    @Test func `a streamed answer is chunked, and ends with its connection for HTTP 1.0`() async throws {
        let running = try RunningServer { router in
            router.on(
                .get,
                "/stream",
                .task { _ in
                    HTTPResponse(
                        status: .ok,
                        body: .stream { writer in
                            for number in 0..<1_000 {
                                try await writer.write("line \(number)\n")
                            }
                        }
                    )
                }
            )
        }
        defer { running.end() }
        let expected = (0..<1_000).map { "line \($0)\n" }.joined()
        #expect(try body(try await running.ask(get("/stream"))) == expected)
        let kept = try Client(port: running.port)
        kept.send(get("/stream", "") + get("/stream"))
        let both = String(decoding: await kept.receive(), as: UTF8.self)
        #expect(statuses(both) == ["200", "200"])
        let old = try await running.ask("GET /stream HTTP/1.0\r\n\r\n")
        #expect(old.hasSuffix("\r\n\r\n" + expected))
        #expect(!old.contains("Transfer-Encoding"))
        let head = try await running.ask("HEAD /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(head.contains("Transfer-Encoding: chunked") && head.hasSuffix("\r\n\r\n"))
    }

    @Test func `a stream waits for a slow client`() async throws {
        let written = Observed(0)
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 64 * 1024)
        let pieces = 256
        let running = try RunningServer { router in
            router.on(
                .get,
                "/stream",
                .task { _ in
                    HTTPResponse(
                        status: .ok,
                        body: .stream { writer in
                            for _ in 0..<pieces {
                                try await writer.write(piece)
                                written.change { $0 += 1 }
                            }
                        }
                    )
                }
            )
        }
        defer { running.end() }
        let client = try Client(port: running.port, receiveBuffer: 16 * 1024)
        client.send(get("/stream"))
        try await written.wait(for: "first pieces") { $0 > 0 }
        // All that fits is the sockets' buffers and one piece; a writer that does not wait would pass all 16 MiB.
        var before = -1
        while before != written.state {
            before = written.state
            for _ in 0..<20 {
                _ = await running.loop.perform {}
            }
        }
        #expect(written.state < pieces)
        let queued = await running.loop.perform { running.loop.snapshot().queuedBytes } ?? 0
        #expect(queued <= 256 * 1024)
        let answer = await client.receive()
        #expect(try body(answer).count == pieces * piece.count)
    }

    @Test func `a stream that fails cuts the connection, so its answer is not complete`() async throws {
        let running = try RunningServer { router in
            router.on(
                .get,
                "/stream",
                .task { _ in
                    HTTPResponse(
                        status: .ok,
                        body: .stream { writer in
                            try await writer.write("begin")
                            throw Misfortune()
                        }
                    )
                }
            )
        }
        defer { running.end() }
        let answer = try await running.ask(get("/stream"))
        #expect(answer.contains("begin"))
        #expect(try body(answer) == "not complete: 5 bytes")
    }

    @Test func `a handler is cancelled when its client goes`() async throws {
        let told = Observed<[String]>([])
        let running = try RunningServer { router in
            router.on(
                .get,
                "/wait",
                .task { _ in
                    told.change { $0.append("began") }
                    do {
                        try await Task.sleep(for: .seconds(600))
                    } catch {
                        told.change { $0.append("cancelled") }
                    }
                    return .text("late")
                }
            )
        }
        defer { running.end() }
        let peer = try Peer(to: running.port)
        peer.send(get("/wait"))
        try await told.wait(for: "the handler") { $0 == ["began"] }
        peer.reset()
        try await told.wait(for: "its cancellation") { $0 == ["began", "cancelled"] }
    }

    @Test func `more tasks than may run are refused at once`() async throws {
        let began = Observed(0)
        let running = try RunningServer(limits: HTTPServerLimits(tasks: 2)) { router in
            router.on(
                .get,
                "/wait",
                .task { _ in
                    began.change { $0 += 1 }
                    try await Task.sleep(for: .seconds(600))
                    return .text("late")
                }
            )
            router.on(.get, "/now", .answer { _ in .text("now") })
        }
        defer { running.end() }
        let waiting = try [Client(port: running.port), Client(port: running.port)]
        for client in waiting {
            client.send(get("/wait"))
        }
        try await began.wait(for: "two handlers") { $0 == 2 }
        let refused = try await running.ask(get("/wait"))
        #expect(statuses(refused) == ["503"])
        #expect(refused.contains("Retry-After: 1"))
        #expect(statuses(try await running.ask(get("/now"))) == ["200"])
        #expect(await running.counts().rejections[.overloaded] == 1)
    }

    @Test func `stopping ends every handler and waits for it`() async throws {
        let told = Observed<[String]>([])
        let running = try RunningServer { router in
            router.on(
                .get,
                "/wait",
                .task { _ in
                    told.change { $0.append("began") }
                    try? await Task.sleep(for: .seconds(600))
                    told.change { $0.append("ended") }
                    return .text("late")
                }
            )
            router.on(
                .get,
                "/stream",
                .task { _ in
                    HTTPResponse(
                        status: .ok,
                        body: .stream { writer in
                            let piece = [UInt8](repeating: 0, count: 1 << 20)
                            defer { told.change { $0.append("ended") } }
                            told.change { $0.append("began") }
                            while true {
                                try await writer.write(piece)
                            }
                        }
                    )
                }
            )
        }
        defer { running.end() }
        let clients = try [Client(port: running.port), Client(port: running.port)]
        clients[0].send(get("/wait"))
        clients[1].send(get("/stream"))
        try await told.wait(for: "two handlers") { $0 == ["began", "began"] }
        await HTTPServer.stopTasks(of: running.server)
        #expect(told.state.filter { $0 == "ended" }.count == 2)
    }

    @Test func `a loop that ends takes its handlers along`() async throws {
        let told = Observed<[String]>([])
        let running = try RunningServer { router in
            router.on(
                .get,
                "/wait",
                .task { _ in
                    told.change { $0.append("began") }
                    try? await Task.sleep(for: .seconds(600))
                    told.change { $0.append("ended") }
                    return .text("late")
                }
            )
        }
        defer { running.end() }
        let client = try Client(port: running.port)
        client.send(get("/wait"))
        try await told.wait(for: "the handler") { $0 == ["began"] }
        running.end()
        try await told.wait(for: "its end") { $0 == ["began", "ended"] }
    }

    @Test func `a server answers while another loop is stuck`() async throws {
        let stuck = try RunningServer { $0.on(.get, "/", .answer { _ in .text("never") }) }
        let gate = DispatchSemaphore(value: 0)
        let isStuck = Observed(false)
        stuck.loop.execute {
            isStuck.change { $0 = true }
            gate.wait()
        }
        try await isStuck.wait(for: "a stuck loop") { $0 }
        defer {
            gate.signal()
            stuck.end()
        }
        let running = try RunningServer { router in
            router.on(.get, "/livez", .task { _ in .text("ok") })
        }
        defer { running.end() }
        #expect(try await running.ask(get("/livez")).hasSuffix("ok"))
    }
}
