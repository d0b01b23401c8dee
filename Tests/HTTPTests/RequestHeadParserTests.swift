import TestKit
import Testing

@testable import HTTP

let upgradeRequest = """
    GET /ws?room=chat.lobby HTTP/1.1\r
    Host: gateway.example:8080\r
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r
    Accept: */*\r
    Accept-Language: en-US,en;q=0.5\r
    Sec-WebSocket-Version: 13\r
    Origin: http://gateway.example:8080\r
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
    Connection: keep-alive, Upgrade\r
    Pragma: no-cache\r
    Upgrade: websocket\r
    \r\n
    """

@Suite struct RequestHeadParserTests {
    @Test func `a head is read in its parts`() throws {
        let head = try readHead(upgradeRequest).get()
        #expect(head.method == .get)
        #expect(head.target.path == "/ws")
        #expect(head.target.query == "room=chat.lobby")
        #expect(head.version == .http11)
        #expect(head.headers.count == 10)
        #expect(head.headers["sec-websocket-KEY"] == "dGhlIHNhbXBsZSBub25jZQ==")
        #expect(head.headers.hasElement("UPGRADE", in: "connection"))
        #expect(head.headers.hasElement("WebSocket", in: "upgrade"))
        #expect(head.connection == [.upgrade, .keepAlive])
        #expect(head.framing == .none)
        #expect(head.keepAlive)
        #expect(!head.expectsContinue)
    }

    /// RFC 9112 sections 2, 3, 5, 6 and 9; RFC 9110 sections 5 and 7.
    @Test(
        arguments: [
            ("GET /where?q=now HTTP/1.1\r\nHost: www.example.org\r\n\r\n", "GET", "/where?q=now", BodyFraming.none),
            ("GET /pub/WWW/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/pub/WWW/", .none),
            (
                "GET http://www.example.org/p/T.html HTTP/1.1\r\nHost: www.example.org\r\n\r\n", "GET",
                "http://www.example.org/p/T.html", .none
            ),
            (
                "GET HTTP://WWW.example.org:80 HTTP/1.1\r\nHost: www.EXAMPLE.org:80\r\n\r\n", "GET",
                "HTTP://WWW.example.org:80", .none
            ),
            (
                "CONNECT www.example.com:80 HTTP/1.1\r\nHost: www.example.com:80\r\n\r\n", "CONNECT",
                "www.example.com:80", .none
            ),
            ("OPTIONS * HTTP/1.1\r\nHost: www.example.org:8001\r\n\r\n", "OPTIONS", "*", .none),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n", "POST", "/", .length(12)),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "POST", "/", .none),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "POST", "/", .chunked),
            ("POST / HTTP/1.1\r\nHost: a\r\ntransfer-encoding:CHUNKED\r\n\r\n", "POST", "/", .chunked),
            ("POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\n", "POST", "/", .length(1)),
            ("GET / HTTP/1.0\r\n\r\n", "GET", "/", .none),
            ("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/", .none),
            ("M-SEARCH / HTTP/1.1\r\nHost: [::1]:9090\r\n\r\n", "M-SEARCH", "/", .none),
            ("GET /?a={b|c}^`\\[d] HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/?a={b|c}^`\\[d]", .none),
            ("GET / HTTP/1.1\r\nHost: a\r\nX:\r\nY: \t \r\nZ:  a \t b\t \r\n\r\n", "GET", "/", .none),
        ]
    )
    func `what the specification allows is read`(
        _ text: String,
        _ method: String,
        _ target: String,
        _ framing: BodyFraming
    ) throws {
        let head = try readHead(text).get()
        #expect(head.method.name == method)
        #expect(head.target.text == target)
        #expect(head.framing == framing)
    }

    @Test func `values lose the blanks around them and keep those within`() throws {
        let text = "GET / HTTP/1.1\r\nHost: a\r\nX:\r\nY: \t \r\nZ:  a \t b\t \r\nW: \u{E9}\r\n\r\n"
        let head = try readHead(text).get()
        #expect(head.headers["x"] == "")
        #expect(head.headers["y"] == "")
        #expect(head.headers["z"] == "a \t b")
        #expect(head.headers["w"] == "é")
    }

    @Test func `keep-alive ends with close and with the old version`() throws {
        #expect(try !readHead("GET / HTTP/1.1\r\nHost: a\r\nConnection: foo,  Close\r\n\r\n").get().keepAlive)
        #expect(
            try !readHead("GET / HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: close\r\n\r\n").get().keepAlive
        )
        #expect(try !readHead("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").get().keepAlive)
        #expect(try readHead("GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n").get().keepAlive)
    }

    @Test func `an expectation is known to HTTP/1.1 alone`() throws {
        let body = "Host: a\r\nContent-Length: 1\r\nExpect: 100-Continue\r\n\r\n"
        #expect(try readHead("POST / HTTP/1.1\r\n" + body).get().expectsContinue)
        #expect(try !readHead("POST / HTTP/1.0\r\n" + body).get().expectsContinue)
    }

    @Test func `heads come one after the other however they are cut`() throws {
        var random = SeededGenerator()
        let bytes = Array((upgradeRequest + "\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n" + upgradeRequest).utf8)
        let whole = try readHeads([bytes]).map(summary)
        #expect(whole.count == 3)
        #expect(try readHeads(bytes.map { [$0] }).map(summary) == whole)
        for _ in 0..<200 {
            #expect(try readHeads(bytes.cut(using: &random)).map(summary) == whole)
        }
    }

    @Test func `what follows the head is left alone`() throws {
        var parser = RequestHeadParser()
        let bytes = Array((upgradeRequest + "\u{1}\u{2}").utf8)
        guard case .head(_, let used) = try parser.read(bytes.span) else {
            Issue.record("no head")
            return
        }
        #expect(used == bytes.count - 2)
        #expect(!parser.hasBegun)

        guard case .needsMore = try parser.read(bytes.span.extracting(first: 20)) else {
            Issue.record("a head out of 20 bytes")
            return
        }
        #expect(parser.hasBegun)
        guard case .head(let head, let rest) = try parser.read(bytes.span.extracting(droppingFirst: 20)) else {
            Issue.record("no head")
            return
        }
        #expect(rest == bytes.count - 22)
        #expect(summary(head) == (try summary(readHead(upgradeRequest).get())))
    }

    @Test func `a head may be as long as the limit and no longer`() throws {
        let limits = HTTPLimits(headBytes: 256, fields: 3)
        func head(_ bytes: Int) -> String {
            let start = "GET / HTTP/1.1\r\nHost: a\r\nX: "
            return start + String(repeating: "x", count: bytes - start.utf8.count - 4) + "\r\n\r\n"
        }
        #expect(throws: Never.self) { try readHead(head(256), limits: limits).get() }
        #expect(throws: HTTPError.headTooLarge(limit: 256)) { try readHead(head(257), limits: limits).get() }
        for text in [head(256), head(257)] {
            let heads = Result { try readHeads(text.utf8.map { [$0] }, limits: limits) }
            #expect((try? heads.get().count) == (text.utf8.count == 256 ? 1 : nil))
        }

        func target(_ bytes: Int) -> String {
            "GET /" + String(repeating: "x", count: bytes - 1) + " HTTP/1.1\r\nHost: a\r\n\r\n"
        }
        #expect(throws: Never.self) { try readHead(target(200), limits: limits).get() }
        #expect(throws: HTTPError.targetTooLong(limit: 256)) { try readHead(target(300), limits: limits).get() }

        func fields(_ count: Int) -> String {
            "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: count - 1) + "\r\n"
        }
        #expect(throws: Never.self) { try readHead(fields(3), limits: limits).get() }
        #expect(throws: HTTPError.tooManyFields(limit: 3)) { try readHead(fields(4), limits: limits).get() }
    }

    @Test func `single bytes cost no more than their number`() throws {
        let limits = HTTPLimits(headBytes: 1 << 20)
        var parser = RequestHeadParser(limits: limits)
        let start = Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8)
        _ = try parser.read(start.span)
        // Looking at all kept bytes each time would take 2^35 steps here.
        let byte = [UInt8(ascii: "x")]
        for _ in 0..<(1 << 18) {
            _ = try parser.read(byte.span)
        }
        let end = Array("\r\n\r\n".utf8)
        guard case .head(let head, _) = try parser.read(end.span) else {
            Issue.record("no head")
            return
        }
        #expect(head.headers["x"]?.utf8.count == 1 << 18)
    }

    @Test func `mutated heads never trap, and cutting never changes what is read`() throws {
        var random = SeededGenerator()
        let heads = [
            upgradeRequest,
            "POST http://a.b:1/%C3%A9?x=%20+y HTTP/1.1\r\nHost: a.b:1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "PUT / HTTP/1.0\r\nContent-Length: 10\r\nExpect: 100-continue\r\nConnection: close, x\r\n\r\n",
        ].map { Array($0.utf8) }
        let alphabet = Array("\r\n\t :,;%/?#[]@\u{0}\u{7F}aZ09é".utf8)
        var failed = 0
        for _ in 0..<3_000 {
            var bytes = try #require(heads.randomElement(using: &random))
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = try #require(alphabet.randomElement(using: &random))
                case 1: bytes.remove(at: index)
                default: bytes.insert(try #require(alphabet.randomElement(using: &random)), at: index)
                }
            }
            let whole = Result { try readHeads([bytes]).first.map(summary) }
            let cut = Result { try readHeads(bytes.cut(using: &random)).first.map(summary) }
            switch (whole, cut) {
            case (.success(let one), .success(let other)): #expect(one == other)
            case (.failure, .failure): failed += 1
            default: Issue.record("\(whole) in one piece, \(cut) in several: \(String(decoding: bytes, as: UTF8.self))")
            }
        }
        #expect(failed > 100)
    }
}
