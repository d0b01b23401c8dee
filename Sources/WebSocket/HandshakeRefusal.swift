package import HTTP

/// Why a request does not open a WebSocket, and how it is answered instead.
package enum HandshakeRefusal: Error, Equatable, Sendable {
    case methodNotAllowed
    /// An ordinary request to a path that only serves WebSockets.
    case upgradeRequired
    case needsHTTP11
    case connectionWithoutUpgrade
    case hasBody
    case unsupportedVersion
    case malformedKey
    case malformedSubprotocol

    package var status: HTTPStatus {
        switch self {
        case .methodNotAllowed: .methodNotAllowed
        case .upgradeRequired, .unsupportedVersion: .upgradeRequired
        case .needsHTTP11, .connectionWithoutUpgrade, .hasBody, .malformedKey, .malformedSubprotocol: .badRequest
        }
    }

    /// The fields that the status requires (RFC 9110 sections 15.5.6 and 15.5.22, RFC 6455 section 4.4).
    package var headers: HTTPHeaders {
        switch self {
        case .methodNotAllowed: ["Allow": "GET"]
        case .upgradeRequired, .unsupportedVersion:
            ["Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"]
        case .needsHTTP11, .connectionWithoutUpgrade, .hasBody, .malformedKey, .malformedSubprotocol: [:]
        }
    }
}

extension HandshakeRefusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .methodNotAllowed: "a WebSocket is opened with GET"
        case .upgradeRequired: "this path only serves WebSockets: send Upgrade: websocket"
        case .needsHTTP11: "a WebSocket is opened with HTTP/1.1"
        case .connectionWithoutUpgrade: "Upgrade: websocket requires Connection: Upgrade"
        case .hasBody: "a request that opens a WebSocket must not have a body"
        case .unsupportedVersion: "the only version supported here is Sec-WebSocket-Version: 13"
        case .malformedKey: "Sec-WebSocket-Key must be given once, as 16 bytes in base64"
        case .malformedSubprotocol: "Sec-WebSocket-Protocol must be a list of tokens"
        }
    }
}
