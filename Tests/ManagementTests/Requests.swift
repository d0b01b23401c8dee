import HTTP
import Reactor
import Testing

/// The head of a request, read by the parser that the server reads with.
func head(_ line: String, _ fields: [String] = ["Host: localhost:9090"]) throws -> RequestHead {
    let text = (["\(line) HTTP/1.1"] + fields).joined(separator: "\r\n") + "\r\n\r\n"
    var parser = RequestHeadParser()
    let bytes = Array(text.utf8)
    guard case .head(let head, _) = try parser.read(bytes.span) else {
        throw UnfinishedHead(text: text)
    }
    return head
}

struct UnfinishedHead: Error {
    let text: String
}

func peer(_ ip: String = "127.0.0.1") throws -> SocketAddress {
    try #require(SocketAddress(ip: ip, port: 51_234))
}
