import Testing

@testable import HTTP

private func read(
    _ text: String,
    answering method: HTTPMethod = .get,
    bytewise: Bool = false
) throws(HTTPError) -> (head: ReceivedResponseHead, rest: Int)? {
    var parser = ResponseHeadParser(limits: HTTPLimits(headBytes: 512))
    let bytes = Array(text.utf8)
    var position = 0
    while position < bytes.count {
        let end = bytewise ? position + 1 : bytes.count
        switch try parser.read(bytes.span.extracting(position..<end), answering: method) {
        case .needsMore: position = end
        case .head(let head, let used): return (head, bytes.count - position - used)
        }
    }
    return nil
}

@Suite struct ResponseHeadTests {
    @Test func `what is written is read`() throws {
        var bytes: [UInt8] = []
        ResponseHead(status: .notFound, headers: ["Content-Length": "5", "X": "y"]).write(into: &bytes)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text == "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nX: y\r\n\r\n")
        for bytewise in [false, true] {
            let read = try #require(try read(text + "hello", bytewise: bytewise))
            #expect(read.head.status == .notFound)
            #expect(read.head.headers["x"] == "y")
            #expect(read.head.framing == .length(5))
            #expect(read.head.keepAlive)
            #expect(read.rest == 5)
        }
    }

    @Test(
        arguments: [
            ("HTTP/1.1 200 OK\r\n", .get, .untilClose), ("HTTP/1.1 200\r\n", .get, .untilClose),
            ("HTTP/1.1 200 \r\nContent-Length: 0\r\n", .get, BodyFraming.none),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", .get, .chunked),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", .head, .none),
            ("HTTP/1.1 204 No Content\r\n", .get, .none),
            ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n", .get, .none),
            ("HTTP/1.1 101 Switching Protocols\r\n", .get, .none),
            ("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n", .get, .length(3)),
            ("HTTP/1.1 999 \u{E9}\t!\r\nContent-Length: 3\r\n", .post, .length(3)),
        ] as [(String, HTTPMethod, BodyFraming)]
    )
    func `how the body ends follows from status, method and fields`(
        _ text: String,
        _ method: HTTPMethod,
        _ framing: BodyFraming
    ) throws {
        #expect(try read(text + "\r\n", answering: method)?.head.framing == framing)
    }

    @Test(
        arguments: [
            ("HTTP/2.0 200 OK\r\n", .unknownVersion), ("HTTP/1.2 200 OK\r\n", .unknownVersion),
            ("http/1.1 200 OK\r\n", .malformedStatusLine(at: 0)),
            ("HTTP/1.1 20 OK\r\n", .malformedStatusLine(at: 11)), ("HTTP/1.1 2000\r\n", .malformedStatusLine(at: 12)),
            ("HTTP/1.1  200\r\n", .malformedStatusLine(at: 9)), ("HTTP/1.1 099 x\r\n", .malformedStatusLine(at: 9)),
            ("HTTP/1.1 200 a\u{0}b\r\n", .malformedStatusLine(at: 14)),
            ("HTTP/1.1 200 OK\nX: y\r\n", .bareLineFeed(at: 15)),
            ("HTTP/1.1 200 OK\rX", .bareCarriageReturn(at: 15)),
            ("\r\nHTTP/1.1 200 OK\r\n", .malformedStatusLine(at: 0)),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n", .repeatedContentLength),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n", .lengthBesideTransferEncoding),
            ("HTTP/1.1 200 OK\r\nX : y\r\n", .malformedFieldName(byte: 0x20, at: 18)),
            ("HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 600) + "\r\n", .headTooLarge(limit: 512)),
        ] as [(String, HTTPError)]
    )
    func `an answer that is none is refused, in one piece or many`(_ text: String, _ error: HTTPError) {
        #expect(throws: error) { _ = try read(text + "\r\n") }
        #expect(throws: error) { _ = try read(text + "\r\n", bytewise: true) }
    }

    @Test func `an interim answer is followed by the real one`() throws {
        let text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nConnection: close\r\n\r\n"
        var parser = ResponseHeadParser()
        let bytes = Array(text.utf8)
        guard case .head(let interim, let used) = try parser.read(bytes.span, answering: .post) else {
            Issue.record("no head")
            return
        }
        #expect(interim.status == .continue)
        guard case .head(let head, _) = try parser.read(bytes.span.extracting(droppingFirst: used), answering: .post)
        else {
            Issue.record("no second head")
            return
        }
        #expect(head.status == HTTPStatus(code: 201))
        #expect(!head.keepAlive)
    }
}
