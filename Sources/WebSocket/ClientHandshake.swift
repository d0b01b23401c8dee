import ByteKernels
import Crypto
package import HTTP

/// The client's side of the opening handshake (RFC 6455 section 4.1).
package struct ClientHandshake: Sendable {
    /// Why an answer does not open a WebSocket.
    package enum Failure: Error, Equatable, Sendable {
        /// Any status but 101.
        case refused(HTTPStatus)
        case notUpgraded
        case wrongAcceptKey
        /// The server chose something that was not offered.
        case subprotocolNotOffered(String)
        case extensionNotOffered(String)
    }

    package let subprotocols: [String]
    private let key: String

    /// - Parameter subprotocols: The subprotocols to offer, in order of preference.
    package init(subprotocols: [String] = []) {
        self.subprotocols = subprotocols
        self.key = Base64.standard.encode(randomBytes(16).span)
    }

    /// Appends the request.
    ///
    /// - Parameters:
    ///   - target: Path and query, percent-encoded.
    ///   - host: The value of `Host`.
    ///   - headers: Sent in addition to those of the handshake.
    package func writeRequest(
        target: String,
        host: String,
        headers: HTTPHeaders = [:],
        into output: inout [UInt8]
    ) {
        output.append(contentsOf: "GET \(target) HTTP/1.1\r\n".utf8)
        var fields: HTTPHeaders = [
            "Host": host,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": self.key,
        ]
        if !self.subprotocols.isEmpty {
            fields.add("Sec-WebSocket-Protocol", self.subprotocols.joined(separator: ", "))
        }
        fields.write(into: &output)
        headers.write(into: &output)
        output.append(contentsOf: "\r\n".utf8)
    }

    /// Checks the answer (RFC 6455 section 4.1, what follows "Once the client's opening handshake has been sent").
    ///
    /// - Returns: The subprotocol that the server chose.
    package func check(_ answer: ReceivedResponseHead) throws(Failure) -> String? {
        guard answer.status == .switchingProtocols else { throw .refused(answer.status) }
        guard answer.headers.hasElement("websocket", in: "Upgrade"), answer.connection.contains(.upgrade) else {
            throw .notUpgraded
        }
        guard answer.headers["Sec-WebSocket-Accept"] == self.expectedAccept else { throw .wrongAcceptKey }
        if let offered = answer.headers["Sec-WebSocket-Extensions"] { throw .extensionNotOffered(offered) }
        guard let chosen = answer.headers["Sec-WebSocket-Protocol"] else { return nil }
        guard self.subprotocols.contains(chosen) else { throw .subprotocolNotOffered(chosen) }
        return chosen
    }

    private var expectedAccept: String? {
        let digest = Handshake.acceptDigest(ofKey: self.key.utf8.span)
        return digest.map { digest in Base64.standard.encode(digest.span) }
    }
}
