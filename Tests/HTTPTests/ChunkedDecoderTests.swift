import TestKit
import Testing

@testable import HTTP

/// What a chunked body in pieces holds; `nil` while it is not complete.
private func decode(_ pieces: [[UInt8]], limits: HTTPLimits = HTTPLimits()) throws(HTTPError) -> (
    body: [UInt8], rest: Int
)? {
    var decoder = ChunkedDecoder(limits: limits)
    var body: [UInt8] = []
    for (index, piece) in pieces.enumerated() {
        var offset = 0
        while let event = try decoder.next(piece.span, from: &offset) {
            switch event {
            case .data(let range): body += piece[range]
            case .end: return (body, piece.count - offset + pieces[(index + 1)...].reduce(0) { $0 + $1.count })
            }
        }
    }
    return nil
}

private func decode(_ text: String, limits: HTTPLimits = HTTPLimits()) throws(HTTPError) -> String? {
    try decode([Array(text.utf8)], limits: limits).map { String(decoding: $0.body, as: UTF8.self) + "|\($0.rest)" }
}

@Suite struct ChunkedDecoderTests {
    @Test(
        arguments: [
            // RFC 9112 section 7.1 and what it allows.
            ("4\r\nWiki\r\n5\r\npedia\r\nA\r\n in\r\n\r\nchu\r\n0\r\n\r\n", "Wikipedia in\r\n\r\nchu|0"),
            ("0\r\n\r\n", "|0"), ("000\r\n\r\n", "|0"), ("0;a=b;c=\"d;\\\"e\"\r\n\r\n", "|0"),
            ("0\r\nA: b\r\nC: d\r\n\r\n", "|0"),
            ("00000a\r\n0123456789\r\n0\r\n\r\nGET /", "0123456789|5"),
            ("A;\r\n0123456789\r\n0\r\n\r\n", "0123456789|0"),
            ("1;  x\r\na\r\n0\r\n\r\n", "a|0"),
        ]
    )
    func `chunks are put together`(_ text: String, _ expected: String) throws {
        #expect(try decode(text) == expected)
    }

    @Test(
        arguments: [
            "\r\n", "x\r\n", "-1\r\n", "+1\r\na\r\n", "0x1\r\na\r\n", "1 \r\na\r\n", " 1\r\na\r\n", "1\na\n",
            "1\r\na0\r\n\r\n",
            "1\r\na\n0\r\n\r\n", "1\r\nab\r\n0\r\n\r\n", "1\r\na\r0\r\n\r\n", "1\rx", "ffffffffffffffff\r\n",
            "0000000000000000\r\n",
            "7fffffffffffffff\r\n", ";a\r\n", "1;a\nb\r\n", "1;\u{0}\r\n", "1;a\rb",
        ]
    )
    func `what is no chunk is refused`(_ text: String) {
        #expect(throws: HTTPError.malformedChunk) { _ = try decode(text) }
    }

    @Test(
        arguments: [
            ("0\r\n A: b\r\n\r\n", .foldedField(at: 0)), ("0\r\nA : b\r\n\r\n", .malformedFieldName(byte: 0x20, at: 1)),
            ("0\r\nA: b\n\r\n", .bareLineFeed(at: 4)), ("0\r\n\rx", .bareCarriageReturn(at: 0)),
            ("0\r\n\n", .bareLineFeed(at: 0)),
            ("0\r\nA: " + String(repeating: "b", count: 5_000), .headTooLarge(limit: 4096)),
            ("0\r\n" + String(repeating: "A: b\r\n", count: 101), .tooManyFields(limit: 100)),
            ("1;" + String(repeating: "b", count: 300), .chunkExtensionTooLong(limit: 256)),
        ] as [(String, HTTPError)]
    )
    func `trailers and extensions are held to form and limit`(_ text: String, _ error: HTTPError) {
        #expect(throws: error) { _ = try decode(text) }
    }

    @Test func `a body that is cut is the same body`() throws {
        var random = SeededGenerator()
        for _ in 0..<200 {
            let body = (0..<Int.random(in: 0..<300, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            var encoded: [UInt8] = []
            for piece in body.cut(using: &random) {
                ChunkedEncoder.append(piece.span, to: &encoded)
            }
            let nothing: [UInt8] = []
            ChunkedEncoder.append(nothing.span, to: &encoded)
            #expect(try decode([encoded]) == nil)
            ChunkedEncoder.appendEnd(to: &encoded)
            encoded += [1, 2, 3]
            let whole = try #require(try decode([encoded]))
            #expect(whole.body == body)
            #expect(whole.rest == 3)
            let cut = try #require(try decode(encoded.cut(using: &random)))
            #expect(cut.body == body)
            let single = try #require(try decode(encoded.map { [$0] }))
            #expect(single.body == body)
            #expect(single.rest == 3)
        }
    }

    @Test func `mutated bodies never trap, and cutting never changes them`() throws {
        var random = SeededGenerator()
        let text = Array("4;a=b\r\nWiki\r\n5\r\npedia\r\n0\r\nTrailer: x\r\n\r\n".utf8)
        for _ in 0..<3_000 {
            var bytes = text
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                bytes[index] =
                    Bool.random(using: &random)
                    ? UInt8.random(in: 0...255, using: &random) : text[Int.random(in: 0..<text.count, using: &random)]
            }
            let whole = Result { try decode([bytes])?.body }
            let cut = Result { try decode(bytes.cut(using: &random))?.body }
            switch (whole, cut) {
            case (.success(let one), .success(let other)): #expect(one == other)
            case (.failure(let one), .failure(let other)): #expect(one as? HTTPError == other as? HTTPError)
            default: Issue.record("\(whole) in one piece, \(cut) in several: \(bytes)")
            }
        }
    }
}

@Suite struct RequestReaderTests {
    private static func read(_ pieces: [[UInt8]]) throws(HTTPError) -> [String] {
        var reader = RequestReader()
        var events: [String] = []
        for piece in pieces {
            var offset = 0
            while let event = try reader.next(piece.span, from: &offset) {
                switch event {
                case .head(let head):
                    events.append(head.target.text)
                    reader.maximumBodyBytes = 10
                case .end(let body):
                    events.append(String(decoding: body, as: UTF8.self))
                    reader.startNext()
                }
            }
            #expect(offset == piece.count)
        }
        #expect(reader.isIdle)
        return events
    }

    @Test func `requests with all kinds of bodies come one after the other, however they are cut`() throws {
        let text = """
            POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc\
            GET /2 HTTP/1.1\r\nHost: a\r\n\r\n\
            POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n\
            POST /4 HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789\
            GET /5 HTTP/1.1\r\nHost: a\r\n\r\n
            """
        let expected = ["/1", "abc", "/2", "", "/3", "abcde", "/4", "0123456789", "/5", ""]
        let bytes = Array(text.utf8)
        #expect(try Self.read([bytes]) == expected)
        #expect(try Self.read(bytes.map { [$0] }) == expected)
        var random = SeededGenerator()
        for _ in 0..<100 {
            #expect(try Self.read(bytes.cut(using: &random)) == expected)
        }
    }

    @Test(
        arguments: [
            "Content-Length: 11\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nb\r\n01234567890",
            "Transfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n5\r\n01234",
        ]
    )
    func `a body beyond the limit is refused`(_ rest: String) {
        #expect(throws: HTTPError.contentTooLarge(limit: 10)) {
            _ = try Self.read([Array("POST / HTTP/1.1\r\nHost: a\r\n\(rest)".utf8)])
        }
    }
}
