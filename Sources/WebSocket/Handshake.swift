import ByteKernels
import Crypto
package import HTTP

/// A client's valid opening handshake (RFC 6455 section 4.2.1), ready to be answered.
package struct Handshake: Sendable {
    /// The subprotocols that the client offers, in its order.
    package let subprotocols: [String]
    /// Computed from the client's key and the protocol's GUID.
    private let digest: InlineArray<20, UInt8>

    /// Checks the form of a request, but not what its path and its subprotocols mean.
    package init(_ head: RequestHead) throws(HandshakeRefusal) {
        guard head.method == .get else { throw .methodNotAllowed }
        let headers = head.headers
        guard headers.hasElement("websocket", in: "Upgrade") else { throw .upgradeRequired }
        guard head.version == .http11 else { throw .needsHTTP11 }
        guard head.connection.contains(.upgrade) else { throw .connectionWithoutUpgrade }
        guard head.framing == .none else { throw .hasBody }
        guard headers["Sec-WebSocket-Version"] == "13" else { throw .unsupportedVersion }
        guard headers.count(of: "Sec-WebSocket-Key") == 1,
            let digest = headers.withFirstValue(of: "Sec-WebSocket-Key", { Self.acceptDigest(ofKey: $0) }) ?? nil
        else { throw .malformedKey }
        self.digest = digest
        self.subprotocols = headers.elements(of: "Sec-WebSocket-Protocol")
        guard self.subprotocols.allSatisfy(Self.isToken) else { throw .malformedSubprotocol }
    }

    /// Appends the 101 that opens the connection.
    ///
    /// - Parameter subprotocol: One of those offered, or `nil`.
    package func writeAnswer(subprotocol: String?, into output: inout [UInt8]) {
        output.append(
            contentsOf: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n".utf8
        )
        output.append(contentsOf: "Sec-WebSocket-Accept: ".utf8)
        Base64.standard.encode(self.digest.span, into: &output)
        if let subprotocol {
            output.append(contentsOf: "\r\nSec-WebSocket-Protocol: ".utf8)
            output.append(contentsOf: subprotocol.utf8)
        }
        output.append(contentsOf: "\r\n\r\n".utf8)
    }

    /// The value that proves the server's answer, or `nil` if the key is not 16 bytes in base64.
    ///
    /// The key is used as text. The unused bits of its last character are not checked, as in other servers.
    static func acceptDigest(ofKey key: Span<UInt8>) -> InlineArray<20, UInt8>? {
        guard key.count == Self.keyCharacters, key[22] == UInt8(ascii: "="), key[23] == UInt8(ascii: "=") else {
            return nil
        }
        for index in 0..<22 {
            switch key[index] {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                continue
            default:
                return nil
            }
        }
        let guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        let text = InlineArray<60, UInt8> { (output: inout OutputSpan<UInt8>) in
            output.append(copying: key)
            output.append(copying: guid.utf8.span)
        }
        return sha1(text.span)
    }

    private static let keyCharacters = 24

    /// RFC 9110 section 5.6.2.
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "^")...UInt8(ascii: "z"), UInt8(ascii: "#")...UInt8(ascii: "'"),
                    UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
                    UInt8(ascii: "!"), UInt8(ascii: "|"), UInt8(ascii: "~"):
                    true
                default:
                    false
                }
            }
    }
}
