import HTTP
import Testing
import WebSocket

/// The request of RFC 6455 section 1.3.
private let example = [
    "GET /chat HTTP/1.1", "Host: server.example.com", "Upgrade: websocket", "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Origin: http://example.com",
    "Sec-WebSocket-Protocol: chat, superchat", "Sec-WebSocket-Version: 13",
]

private func head(_ lines: [String]) throws -> RequestHead {
    let bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    var parser = RequestHeadParser()
    guard case .head(let head, used: bytes.count) = try parser.read(bytes.span) else { throw Incomplete() }
    return head
}

private struct Incomplete: Error {}

/// The example with one field replaced, or left out where `line` is `nil`.
private func example(_ field: String, _ line: String?) -> [String] {
    example.compactMap { $0.hasPrefix(field) ? line : $0 }
}

@Suite struct HandshakeTests {
    @Test func `the example of RFC 6455 section 1-3 is answered as there`() throws {
        let handshake = try Handshake(head(example))
        #expect(handshake.subprotocols == ["chat", "superchat"])
        var answer: [UInt8] = []
        handshake.writeAnswer(subprotocol: "chat", into: &answer)
        let expected = [
            "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "Sec-WebSocket-Protocol: chat", "", "",
        ]
        #expect(String(decoding: answer, as: UTF8.self) == expected.joined(separator: "\r\n"))
        answer.removeAll()
        handshake.writeAnswer(subprotocol: nil, into: &answer)
        #expect(!String(decoding: answer, as: UTF8.self).contains("Protocol:"))
    }

    @Test(
        arguments: [
            ("Upgrade", "Upgrade: WebSocket"), ("Upgrade", "upgrade: h2c, websocket"),
            ("Connection", "Connection: keep-alive, upgrade"), ("Connection", "connection: UPGRADE"),
            ("Origin", nil), ("Sec-WebSocket-Protocol", nil),
            ("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: , a ,,b"),
            ("Origin", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"),
            ("Sec-WebSocket-Key", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA+/=="),
        ] as [(String, String?)]
    )
    func `what clients may write is a handshake`(field: String, line: String?) throws {
        #expect(throws: Never.self) { try Handshake(head(example(field, line))) }
    }

    @Test(
        arguments: [
            ("GET", "POST /chat HTTP/1.1", .methodNotAllowed, 405),
            ("GET", "HEAD /chat HTTP/1.1", .methodNotAllowed, 405),
            ("GET", "GET /chat HTTP/1.0", .needsHTTP11, 400),
            ("Upgrade", nil, .upgradeRequired, 426),
            ("Upgrade", "Upgrade: h2c", .upgradeRequired, 426),
            ("Connection", nil, .connectionWithoutUpgrade, 400),
            ("Connection", "Connection: keep-alive", .connectionWithoutUpgrade, 400),
            ("Origin", "Content-Length: 1", .hasBody, 400),
            ("Origin", "Transfer-Encoding: chunked", .hasBody, 400),
            ("Sec-WebSocket-Version", nil, .unsupportedVersion, 426),
            ("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8", .unsupportedVersion, 426),
            ("Sec-WebSocket-Version", "Sec-WebSocket-Version: 13, 8", .unsupportedVersion, 426),
            ("Sec-WebSocket-Key", nil, .malformedKey, 400),
            ("Sec-WebSocket-Key", "Sec-WebSocket-Key: ", .malformedKey, 400),
            ("Sec-WebSocket-Key", "Sec-WebSocket-Key: SGVsbG8sIHdvcmxkIQ==", .malformedKey, 400),
            ("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA", .malformedKey, 400),
            ("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ-==", .malformedKey, 400),
            ("Origin", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", .malformedKey, 400),
            ("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: a b", .malformedSubprotocol, 400),
            ("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: \"a\"", .malformedSubprotocol, 400),
        ] as [(String, String?, HandshakeRefusal, UInt16)]
    )
    func `what is no handshake is refused with its status`(
        field: String,
        line: String?,
        refusal: HandshakeRefusal,
        status: UInt16
    ) throws {
        #expect(throws: refusal) { try Handshake(head(example(field, line))) }
        #expect(refusal.status == HTTPStatus(code: status))
        #expect((refusal.headers["Sec-WebSocket-Version"] == "13") == (status == 426))
        #expect((refusal.headers["Allow"] == "GET") == (status == 405))
        #expect(!refusal.description.isEmpty)
    }
}

@Suite struct ClientHandshakeTests {
    private func answer(_ lines: [String]) throws -> ReceivedResponseHead {
        let bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        var parser = ResponseHeadParser()
        guard case .head(let head, used: bytes.count) = try parser.read(bytes.span, answering: .get) else {
            throw Incomplete()
        }
        return head
    }

    /// What our server answers, line by line.
    private func served(_ client: ClientHandshake, choosing subprotocol: String?) throws -> [String] {
        var request: [UInt8] = []
        client.writeRequest(target: "/ws?room=a", host: "h:1", headers: ["Origin": "null"], into: &request)
        var parser = RequestHeadParser()
        guard case .head(let head, used: request.count) = try parser.read(request.span) else { throw Incomplete() }
        #expect(head.headers["Origin"] == "null")
        #expect(head.headers["Host"] == "h:1")
        var answer: [UInt8] = []
        try Handshake(head).writeAnswer(subprotocol: subprotocol, into: &answer)
        return String(decoding: answer, as: UTF8.self).split(separator: "\r\n").map(String.init)
    }

    @Test func `both ends agree`() throws {
        let plain = ClientHandshake()
        #expect(try plain.check(answer(served(plain, choosing: nil))) == nil)
        let native = ClientHandshake(subprotocols: ["x", "atalaya.v1.json"])
        #expect(try native.check(answer(served(native, choosing: "atalaya.v1.json"))) == "atalaya.v1.json")
        #expect(try native.check(answer(served(native, choosing: nil))) == nil)
    }

    @Test func `an answer that proves nothing is not believed`() throws {
        let client = ClientHandshake(subprotocols: ["a"])
        let good = try served(client, choosing: "a")
        #expect(throws: ClientHandshake.Failure.refused(.badRequest)) {
            try client.check(answer(["HTTP/1.1 400 Bad Request"]))
        }
        #expect(throws: ClientHandshake.Failure.notUpgraded) {
            try client.check(answer(good.filter { !$0.hasPrefix("Upgrade") }))
        }
        #expect(throws: ClientHandshake.Failure.notUpgraded) {
            try client.check(answer(good.filter { !$0.hasPrefix("Connection") }))
        }
        #expect(throws: ClientHandshake.Failure.wrongAcceptKey) {
            try ClientHandshake(subprotocols: ["a"]).check(answer(good))
        }
        #expect(throws: ClientHandshake.Failure.subprotocolNotOffered("b")) {
            try client.check(answer(served(client, choosing: "b")))
        }
        #expect(throws: ClientHandshake.Failure.extensionNotOffered("permessage-deflate")) {
            try client.check(answer(good + ["Sec-WebSocket-Extensions: permessage-deflate"]))
        }
    }
}
