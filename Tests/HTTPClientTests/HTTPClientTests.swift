import Foundation
import HTTPClient
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct HTTPClientTests {
    private let client = HTTPClient()

    /// What became of a request: an answer, or why not.
    private func outcome(of request: OutgoingRequest) async -> Result<HTTPAnswer, HTTPClientError> {
        do {
            return .success(try await self.client.send(request))
        } catch {
            return .failure(error)
        }
    }

    private func error(of request: OutgoingRequest) async -> HTTPClientError? {
        if case .failure(let error) = await self.outcome(of: request) { error } else { nil }
    }

    // MARK: - Requests and answers

    @Test func `an answer has status, headers and body`() async throws {
        let server = try LoopbackServer { _ in
            .answer("200 Fine", headers: ["X-One: 1", "x-one:  2 ", "Content-Type: text/plain", "X-Empty:"], "hällo")
        }
        let answer = try await self.client.send(OutgoingRequest(.get, server.address + "/a?b=c"))
        #expect(answer.status == 200)
        #expect(answer.text == "hällo")
        #expect(answer.header("content-TYPE") == "text/plain")
        #expect(answer.headers.filter { $0.name.lowercased() == "x-one" }.map(\.value) == ["1", "2 "])
        #expect(answer.header("X-Empty") == "")
        #expect(answer.header("X-Other") == nil)
        let request = try #require(server.requests.first)
        #expect(request.line == "GET /a?b=c HTTP/1.1")
        #expect(request.header("host") == "127.0.0.1:\(server.port)")
        #expect(request.header("user-agent") == "atalaya")
        #expect(request.header("content-length") == nil)
    }

    @Test func `a body arrives as it is, with the headers it was given`() async throws {
        let server = try LoopbackServer { _ in .answer("204 Nothing", "") }
        let body = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        let headers = [(name: "Content-Type", value: "application/json"), (name: "X-Empty", value: "")]
        _ = try await self.client.send(OutgoingRequest(.post, server.address, headers: headers, body: body))
        let request = try #require(server.requests.first)
        #expect(request.line == "POST / HTTP/1.1")
        #expect(request.body == body)
        #expect(request.header("content-type") == "application/json")
        #expect(request.header("content-length") == "100000")
        #expect(request.header("x-empty") == "")
        #expect(request.header("expect") == nil)
    }

    @Test(arguments: [OutgoingRequest.Method.post, .put, .delete])
    func `an empty body is sent with its length, and called nothing`(method: OutgoingRequest.Method) async throws {
        let server = try LoopbackServer { _ in .answer("200 OK", "") }
        _ = try await self.client.send(OutgoingRequest(method, server.address, body: []))
        let request = try #require(server.requests.first)
        #expect(request.line == "\(method.rawValue) / HTTP/1.1")
        #expect(request.header("content-length") == "0")
        #expect(request.header("content-type") == nil)
    }

    @Test func `an answer to HEAD has no body, whatever it announces`() async throws {
        let server = try LoopbackServer { _ in .text("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n") }
        let answer = try await self.client.send(OutgoingRequest(.head, server.address))
        #expect(answer.status == 200)
        #expect(answer.body.isEmpty)
        #expect(answer.header("content-length") == "5")
    }

    @Test(arguments: ["404 Not Found", "500 Oh", "302 Found"])
    func `any status is an answer, and a redirect is not followed`(status: String) async throws {
        let server = try LoopbackServer { _ in .answer(status, headers: ["Location: /elsewhere"], "why") }
        let answer = try await self.client.send(OutgoingRequest(.get, server.address))
        #expect(answer.status == Int(status.prefix(3)))
        #expect(answer.text == "why")
        #expect(server.requests.count == 1)
    }

    @Test func `chunks are joined, and what came before the answer is left out`() async throws {
        let server = try LoopbackServer { _ in
            .text(
                "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nX-Late: 1\r\nTransfer-Encoding: chunked\r\n"
                    + "\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
            )
        }
        let answer = try await self.client.send(OutgoingRequest(.get, server.address))
        #expect(answer.text == "abcde")
        #expect(answer.header("x-early") == nil)
        #expect(answer.header("x-late") == "1")
    }

    @Test func `many requests run at once`() async throws {
        let server = try LoopbackServer { .answer("200 OK", String($0.line.dropFirst(5).prefix { $0 != " " })) }
        let answers = try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for number in 0..<100 {
                group.addTask {
                    (number, try await self.client.send(OutgoingRequest(.get, server.address + "/\(number)")).text)
                }
            }
            return try await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
        }
        #expect(answers.count == 100)
        #expect(answers.allSatisfy { String($0) == $1 })
    }

    // MARK: - Limits

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n0123456789x",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n0123456789x\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n0123456789x",
        "HTTP/1.1 200 OK\r\nX: \(String(repeating: "x", count: 70_000))\r\n\r\n",
    ])
    func `an answer that is too large is given up`(text: String) async throws {
        let server = try LoopbackServer { _ in .text(text) }
        var request = OutgoingRequest(.get, server.address)
        request.maximumAnswerBytes = 10
        #expect(await self.error(of: request) == .answerTooLarge(limit: 10))
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n",
    ])
    func `an answer may be as large as the limit`(text: String) async throws {
        let server = try LoopbackServer { _ in .text(text) }
        var request = OutgoingRequest(.get, server.address)
        request.maximumAnswerBytes = 10
        #expect(try await self.client.send(request).body.count == 10)
    }

    @Test func `with a limit of nothing only an empty answer will do`() async throws {
        let server = try LoopbackServer { .answer("200 OK", $0.line.contains("/x") ? "x" : "") }
        var request = OutgoingRequest(.get, server.address)
        request.maximumAnswerBytes = 0
        #expect(try await self.client.send(request).status == 200)
        request.url += "/x"
        #expect(await self.error(of: request) == .answerTooLarge(limit: 0))
    }

    // MARK: - Failures

    @Test func `no answer in time is an error`() async throws {
        let server = try LoopbackServer { _ in .silence }
        var request = OutgoingRequest(.get, server.address)
        request.timeout = .milliseconds(100)
        guard case .timedOut? = await self.error(of: request) else {
            Issue.record("no time-out")
            return
        }
    }

    @Test func `a port where nobody listens is unreachable`() async throws {
        let server = try LoopbackServer { _ in .silence }
        server.stop()
        guard case .unreachable? = await self.error(of: OutgoingRequest(.get, server.address)) else {
            Issue.record("it was reached")
            return
        }
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "nonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ])
    func `an answer that breaks off or is none is an error`(text: String) async throws {
        let server = try LoopbackServer { _ in .text(text) }
        guard case .broken? = await self.error(of: OutgoingRequest(.get, server.address)) else {
            Issue.record("not broken")
            return
        }
    }

    @Test(arguments: [
        "", "nonsense://h", "ftp://127.0.0.1/", "file:///etc/passwd", "http://", "http://a b/", "http://h/\r\nX: y",
        "http://h:99999/",
    ])
    func `what is no URL of HTTP is not tried`(url: String) async {
        guard case .invalidRequest? = await self.error(of: OutgoingRequest(.get, url)) else {
            Issue.record("tried")
            return
        }
    }

    @Test(arguments: [("X", "a\r\nY: b"), ("X\r\nY", "b"), ("", "b"), ("X Y", "b"), ("X:", "b"), ("X", "a\0b")])
    func `a header cannot bring another with it`(name: String, value: String) async throws {
        let server = try LoopbackServer { _ in .answer("200 OK", "") }
        guard
            case .invalidRequest? = await self.error(
                of: OutgoingRequest(.get, server.address, headers: [(name, value)])
            )
        else {
            Issue.record("sent")
            return
        }
        #expect(server.requests.isEmpty)
    }

    // MARK: - Endings

    @Test func `a cancelled task ends its request at once`() async throws {
        let (begun, beginning) = AsyncStream<Void>.makeStream()
        let server = try LoopbackServer { _ in
            beginning.yield()
            return .silence
        }
        let task = Task { await self.error(of: OutgoingRequest(.get, server.address)) }
        for await _ in begun { break }
        task.cancel()
        #expect(await task.value == .cancelled)
    }

    @Test func `a task that was cancelled before sends nothing in vain`() async throws {
        let server = try LoopbackServer { _ in .silence }
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return await self.error(of: OutgoingRequest(.get, server.address))
        }
        task.cancel()
        #expect(await task.value == .cancelled)
    }

    @Test func `shutting down ends what is under way, and what comes later`() async throws {
        let (begun, beginning) = AsyncStream<Void>.makeStream()
        let server = try LoopbackServer { _ in
            beginning.yield()
            return .silence
        }
        let task = Task { await self.error(of: OutgoingRequest(.get, server.address)) }
        for await _ in begun { break }
        self.client.shutDown()
        #expect(await task.value == .closed)
        #expect(await self.error(of: OutgoingRequest(.get, server.address)) == .closed)
        self.client.shutDown()
    }

    // MARK: - Proxies

    @Test func `loopback is never reached through a proxy`() async {
        await #expect(processExitsWith: .success) {
            let proxy = try LoopbackServer { _ in .answer("200 OK", "proxy") }
            let server = try LoopbackServer { _ in .answer("200 OK", "server") }
            unsafe setenv("http_proxy", proxy.address, 1)
            unsafe setenv("all_proxy", proxy.address, 1)
            let client = HTTPClient()
            for host in ["127.0.0.1", "127.0.0.1.", "localhost", "LOCALHOST", "127.1", "[::ffff:127.0.0.1]"] {
                var request = OutgoingRequest(.get, "http://\(host):\(server.port)/")
                request.timeout = .seconds(5)
                // Whether such a name can be reached is the machine's; through the proxy it must not be.
                let text = (try? await client.send(request))?.text
                precondition(text == "server" || host.contains(":") || host.hasSuffix("."), "\(host) was not reached")
                precondition(proxy.requests.isEmpty, "\(host) was asked through the proxy")
            }
        }
    }

    @Test func `elsewhere the environment's proxy is asked, unless it may not be`() async {
        await #expect(processExitsWith: .success) {
            let proxy = try LoopbackServer { _ in .answer("200 OK", "proxy") }
            unsafe setenv("http_proxy", proxy.address, 1)
            let client = HTTPClient()
            var request = OutgoingRequest(.get, "http://somewhere.invalid/x")
            let answer = try await client.send(request)
            precondition(answer.text == "proxy")
            precondition(proxy.requests.first?.line == "GET http://somewhere.invalid/x HTTP/1.1")
            request.mayUseProxy = false
            request.timeout = .seconds(1)
            let direct = try? await client.send(request)
            precondition(direct == nil)
        }
    }
}
