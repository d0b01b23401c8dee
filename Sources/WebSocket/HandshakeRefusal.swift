package import HTTP

/// Why a request opens no WebSocket, and what it is answered instead.
package enum HandshakeRefusal: Error, Equatable, Sendable {
    case methodNotAllowed
    /// An ordinary request to a path where only WebSockets are.
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

    /// The fields that the status demands (RFC 9110 sections 15.5.6 and 15.5.22, RFC 6455 section 4.4).
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
        case .upgradeRequired: "only WebSockets are here: send Upgrade: websocket"
        case .needsHTTP11: "a WebSocket is opened with HTTP/1.1"
        case .connectionWithoutUpgrade: "Upgrade: websocket wants Connection: Upgrade beside it"
        case .hasBody: "a request that opens a WebSocket has no body"
        case .unsupportedVersion: "Sec-WebSocket-Version: 13 is the only one spoken here"
        case .malformedKey: "Sec-WebSocket-Key stands there once and is 16 bytes in base64"
        case .malformedSubprotocol: "Sec-WebSocket-Protocol is a list of tokens"
        }
    }
}
