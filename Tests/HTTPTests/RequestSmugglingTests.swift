import Testing

@testable import HTTP

/// Each line is a message that two readers could understand differently, or that no sane client sends.
@Suite struct RequestSmugglingTests {
    @Test(
        arguments: [
            // Lengths: RFC 9112 section 6.3.
            ("Content-Length: 5\r\nContent-Length: 6", .repeatedContentLength),
            ("Content-Length: 5\r\nContent-Length: 5", .repeatedContentLength),
            ("Content-Length: 5, 5", .malformedContentLength),
            ("Content-Length: +5", .malformedContentLength),
            ("Content-Length: -5", .malformedContentLength),
            ("Content-Length: 0x5", .malformedContentLength),
            ("Content-Length: 5 5", .malformedContentLength),
            ("Content-Length:", .malformedContentLength),
            ("Content-Length: 5;", .malformedContentLength),
            ("Content-Length: 99999999999999999999", .malformedContentLength),
            ("Content-Length: 1000000000000000000", .malformedContentLength),
            ("Content-Length: \u{661}", .malformedContentLength),
            ("Content-Length: 5\r\nTransfer-Encoding: chunked", .lengthBesideTransferEncoding),
            ("Transfer-Encoding: chunked\r\nContent-Length: 0", .lengthBesideTransferEncoding),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", .malformedTransferEncoding),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", .malformedTransferEncoding),
            ("Transfer-Encoding: chunked, chunked", .unsupportedTransferEncoding),
            ("Transfer-Encoding: gzip, chunked", .unsupportedTransferEncoding),
            ("Transfer-Encoding: chunked, gzip", .malformedTransferEncoding),
            ("Transfer-Encoding: identity", .malformedTransferEncoding),
            ("Transfer-Encoding: xchunked", .malformedTransferEncoding),
            ("Transfer-Encoding: chunkedx", .malformedTransferEncoding),
            ("Transfer-Encoding: \"chunked\"", .malformedTransferEncoding),
            ("Transfer-Encoding: chunked;q=1", .malformedTransferEncoding),
            ("Transfer-Encoding:", .malformedTransferEncoding),
            ("Transfer-Encoding: ,", .malformedTransferEncoding),
            ("Transfer-Encoding: chunked,", .unsupportedTransferEncoding),
            ("Transfer-Encoding: \u{B}chunked", .malformedFieldValue(byte: 0x0B, at: 19)),
            // Lines: sections 2.2, 5.1 and 5.2.
            ("Transfer-Encoding : chunked", .malformedFieldName(byte: 0x20, at: 17)),
            ("Transfer-Encoding\t: chunked", .malformedFieldName(byte: 0x09, at: 17)),
            ("X: a\r\n Transfer-Encoding: chunked", .foldedField(at: 6)),
            ("X: a\r\n\tb", .foldedField(at: 6)),
            ("X: a\nContent-Length: 5", .bareLineFeed(at: 4)),
            ("X: a\rContent-Length: 5", .bareCarriageReturn(at: 4)),
            ("X: a\r\r\nY: b", .bareCarriageReturn(at: 4)),
            ("X: a\u{0}b", .malformedFieldValue(byte: 0, at: 4)),
            ("X: a\u{7F}b", .malformedFieldValue(byte: 0x7F, at: 4)),
            ("X: a\u{1B}b", .malformedFieldValue(byte: 0x1B, at: 4)),
            (": a", .malformedFieldName(byte: 0x3A, at: 0)),
            ("X", .malformedFieldName(byte: 0x0D, at: 1)),
            ("X\nY: b", .bareLineFeed(at: 1)),
            ("X@: a", .malformedFieldName(byte: 0x40, at: 1)),
            ("X(y): a", .malformedFieldName(byte: 0x28, at: 1)),
            ("\u{E9}: a", .malformedFieldName(byte: 0xC3, at: 0)),
            ("X\u{0}: a", .malformedFieldName(byte: 0, at: 1)),
            // Hosts: section 3.2.
            ("Host: b", .repeatedHost),
            ("Host: a", .repeatedHost),
            ("Expect: 100-continue\r\nExpect: 100-continue", .unsupportedExpectation),
            ("Expect: 200-ok", .unsupportedExpectation),
        ] as [(String, HTTPError)]
    )
    func `an ambiguous field is refused`(_ fields: String, _ error: HTTPError) {
        let start = "POST / HTTP/1.1\r\nHost: a\r\n"
        #expect(fault(readHead(start + fields + "\r\n\r\n")) == error.moved(by: start.utf8.count))
    }

    @Test(
        arguments: [
            ("GET  / HTTP/1.1", .malformedRequestLine(at: 4)), ("GET /  HTTP/1.1", .malformedRequestLine(at: 6)),
            (" GET / HTTP/1.1", .malformedRequestLine(at: 0)), ("GET\t/ HTTP/1.1", .malformedRequestLine(at: 3)),
            ("GET / HTTP/1.1 ", .malformedRequestLine(at: 14)), ("GET /\tHTTP/1.1", .malformedRequestLine(at: 5)),
            ("GET /", .malformedRequestLine(at: 5)), ("GET", .malformedRequestLine(at: 3)),
            ("GET /a b HTTP/1.1", .malformedRequestLine(at: 8)), ("G\u{0}T / HTTP/1.1", .malformedRequestLine(at: 1)),
            ("GET /\u{0} HTTP/1.1", .malformedRequestLine(at: 5)),
            ("GET /\u{E9} HTTP/1.1", .malformedRequestLine(at: 5)),
            ("GET /#x HTTP/1.1", .malformedRequestLine(at: 5)), ("GET /<x> HTTP/1.1", .malformedRequestLine(at: 5)),
            ("GET /?\"x\" HTTP/1.1", .malformedRequestLine(at: 6)), ("GET /{x} HTTP/1.1", .malformedRequestLine(at: 5)),
            ("GET /[x] HTTP/1.1", .malformedTarget), ("GET /% HTTP/1.1", .malformedTarget),
            ("GET /%2 HTTP/1.1", .malformedTarget), ("GET /%zz HTTP/1.1", .malformedTarget),
            ("GET /%00 HTTP/1.1", .malformedTarget), ("GET /%C3%28 HTTP/1.1", .malformedTarget),
            ("GET /?a=%ED%A0%80 HTTP/1.1", .malformedTarget), ("GET /?a=%C3&b=%A9 HTTP/1.1", .malformedTarget),
            ("GET x HTTP/1.1", .malformedTarget), ("GET * HTTP/1.1", .malformedTarget),
            ("GET ftp://a/ HTTP/1.1", .malformedTarget), ("GET http:///x HTTP/1.1", .malformedTarget),
            ("GET http://u@a/ HTTP/1.1", .malformedTarget), ("GET http:/a HTTP/1.1", .malformedTarget),
            ("CONNECT / HTTP/1.1", .malformedTarget), ("OPTIONS *x HTTP/1.1", .malformedTarget),
            ("GET / HTTP/2.0", .unknownVersion), ("GET / HTTP/1.2", .unknownVersion),
            ("GET / HTTP/0.9", .unknownVersion),
            ("PRI * HTTP/2.0", .unknownVersion), ("GET / HTTP/11", .unknownVersion),
            ("GET / http/1.1", .malformedRequestLine(at: 6)), ("GET / HTTP 1.1", .malformedRequestLine(at: 10)),
            ("GET / HTTP/1.11", .malformedRequestLine(at: 14)), ("GET / HTTQ/1.1", .malformedRequestLine(at: 6)),
            ("GET / HTTP/1.1\nX: y", .bareLineFeed(at: 14)), ("GET / HTTP/1.1\rX: y", .bareCarriageReturn(at: 14)),
            ("\nGET / HTTP/1.1", .bareLineFeed(at: 0)), ("\r\n\r\nGET / HTTP/1.1", .malformedRequestLine(at: 2)),
            (String(repeating: "A", count: 33) + " / HTTP/1.1", .methodTooLong(limit: 32)),
            ("\u{16}\u{3}\u{1}\u{2}\u{0}", .malformedRequestLine(at: 0)),
        ] as [(String, HTTPError)]
    )
    func `a malformed request line is refused`(_ line: String, _ error: HTTPError) {
        #expect(fault(readHead(line + "\r\nHost: a\r\n\r\n")) == error)
    }

    @Test(
        arguments: [
            "a b", "a,b", "a/b", "a:", "a:b", "a:123456", "[::1", "[]", "[::1]x", "http://a", "a@b", "a%2",
            "\u{E9}", ":80",
        ]
    )
    func `a host that is none is refused`(_ host: String) {
        let result = readHead("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        // A port may be empty, which is the one of these that RFC 3986 allows.
        #expect(fault(result) == (host == "a:" ? nil : .malformedHost))
    }

    @Test(arguments: ["", " "])
    func `an empty host is valid`(_ host: String) throws {
        let head = try readHead("GET /livez HTTP/1.1\r\nHost:\(host)\r\n\r\n").get()
        #expect(head.host == "")
    }

    @Test(arguments: ["http://b/p", "http://a:81/p", "https://a:443/p", "http://A/p"])
    func `the authority of an absolute target counts, not the host`(_ target: String) throws {
        for field in ["a", "", "a:80", "elsewhere"] {
            let head = try readHead("GET \(target) HTTP/1.1\r\nHost: \(field)\r\n\r\n").get()
            #expect(head.host == String(target.split(separator: "/")[1]))
            #expect(head.target.path == "/p")
        }
    }

    @Test func `HTTP/1.1 without a host is refused, HTTP/1.0 is not`() {
        #expect(fault(readHead("GET / HTTP/1.1\r\n\r\n")) == .missingHost)
        #expect(fault(readHead("GET / HTTP/1.0\r\n\r\n")) == nil)
        #expect(fault(readHead("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n")) == .malformedTransferEncoding)
    }

    @Test func `garbage is refused at its first byte`() {
        var parser = RequestHeadParser()
        let bytes: [UInt8] = [0x16]
        #expect(throws: HTTPError.malformedRequestLine(at: 0)) { _ = try parser.read(bytes.span) }
    }

    @Test func `every error has a status of its class and a sentence`() {
        #expect(HTTPError.targetTooLong(limit: 1).status.code == 414)
        #expect(HTTPError.headTooLarge(limit: 1).status.code == 431)
        #expect(HTTPError.tooManyFields(limit: 1).status.code == 431)
        #expect(HTTPError.unknownVersion.status.code == 505)
        #expect(HTTPError.unsupportedTransferEncoding.status.code == 501)
        #expect(HTTPError.unsupportedExpectation.status.code == 417)
        #expect(HTTPError.contentTooLarge(limit: 1).status.code == 413)
        #expect(HTTPError.lengthBesideTransferEncoding.status.code == 400)
        #expect("\(HTTPError.bareLineFeed(at: 7))".contains("7"))
    }
}

extension HTTPError {
    /// The same with an offset that counts from further ahead.
    fileprivate func moved(by bytes: Int) -> HTTPError {
        switch self {
        case .malformedFieldName(let byte, let offset): .malformedFieldName(byte: byte, at: offset + bytes)
        case .malformedFieldValue(let byte, let offset): .malformedFieldValue(byte: byte, at: offset + bytes)
        case .foldedField(let offset): .foldedField(at: offset + bytes)
        case .bareLineFeed(let offset): .bareLineFeed(at: offset + bytes)
        case .bareCarriageReturn(let offset): .bareCarriageReturn(at: offset + bytes)
        default: self
        }
    }
}

private func fault(_ result: Result<RequestHead, HTTPError>) -> HTTPError? {
    switch result {
    case .success: nil
    case .failure(let error): error
    }
}
