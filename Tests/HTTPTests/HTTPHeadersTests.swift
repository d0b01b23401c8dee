import Testing

@testable import HTTP

private func headers(_ lines: String...) throws -> HTTPHeaders {
    let text = lines.map { $0 + "\r\n" }.joined()
    return try readHead("GET / HTTP/1.1\r\nHost: a\r\n" + text + "\r\n").get().headers
}

private func written(_ headers: HTTPHeaders) -> String {
    var bytes: [UInt8] = []
    headers.write(into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
}

@Suite struct HTTPHeadersTests {
    @Test func `names are found without regard to case, and no other name is`() throws {
        let headers = try headers("X-One: 1", "x-two: 2", "X-: 3", "X^: 4")
        #expect(headers["x-ONE"] == "1")
        #expect(headers["X-Two"] == "2")
        #expect(headers["x-"] == "3")
        // ^ and ~ differ in the one bit that distinguishes the cases of a letter.
        #expect(headers["X~"] == nil)
        #expect(headers["X-On"] == nil)
        #expect(headers["X-One "] == nil)
    }

    @Test func `a repeated field is the list of its values`() throws {
        let headers = try headers("Accept: a", "X: y", "accept: b, c", "ACCEPT:", "Accept: ,d , e")
        #expect(headers["accept"] == "a, b, c, , ,d , e")
        #expect(headers.count(of: "accept") == 4)
        #expect(headers.count(of: "nothing") == 0)
        #expect(headers.elements(of: "Accept") == ["a", "b", "c", "d", "e"])
        #expect(headers.hasElement("C", in: "accept"))
        #expect(!headers.hasElement("b, c", in: "accept"))
        #expect(!headers.hasElement("", in: "accept"))
        #expect(headers.withFirstValue(of: "accept") { $0.count } == 1)
        #expect(headers.withFirstValue(of: "nothing") { $0.count } == nil)
    }

    @Test func `fields are written as they are`() {
        var headers: HTTPHeaders = ["Content-Type": "text/plain; charset=utf-8", "X": ""]
        headers.add("X", "é")
        #expect(written(headers) == "Content-Type: text/plain; charset=utf-8\r\nX: \r\nX: é\r\n")
    }

    @Test(
        arguments: [
            ("X", "a\r\nSet-Cookie: b", "X: a  Set-Cookie: b\r\n"), ("X", "a\nb", "X: a b\r\n"),
            ("X", "\u{0}\u{7F}", "X:   \r\n"),
            ("X\r\nY", "a", "X--Y: a\r\n"), ("X: y", "a", "X--y: a\r\n"),
        ]
    )
    func `no value and no name can end its line`(_ name: String, _ value: String, _ line: String) {
        var headers = HTTPHeaders()
        headers.add(name, value)
        #expect(written(headers) == line)
    }
}
