import Instruments

/// Why a connection ended.
///
/// A closed list: each has its label and its WebSocket close code.
package enum CloseReason: UInt8, Vocabulary {
    case normal
    case goingAway
    case drain
    case idle
    case pingTimeout
    case handshakeTimeout
    case slowConsumer
    case unauthenticated
    case authExpired
    case forbidden
    case replaced
    case policy
    case rateLimited
    case overloaded
    case protocolError
    case tooBig
    case admin
    case error
    case abnormal

    package var label: String {
        switch self {
        case .normal: "normal"
        case .goingAway: "going_away"
        case .drain: "drain"
        case .idle: "idle"
        case .pingTimeout: "ping_timeout"
        case .handshakeTimeout: "handshake_timeout"
        case .slowConsumer: "slow_consumer"
        case .unauthenticated: "unauthenticated"
        case .authExpired: "auth_expired"
        case .forbidden: "forbidden"
        case .replaced: "replaced"
        case .policy: "policy"
        case .rateLimited: "rate_limited"
        case .overloaded: "overloaded"
        case .protocolError: "protocol_error"
        case .tooBig: "too_big"
        case .admin: "admin"
        case .error: "error"
        case .abnormal: "abnormal"
        }
    }

    /// The WebSocket close code (RFC 6455 section 7.4; 4000-4999 are ours), `nil` if no close is seen.
    ///
    /// For a protocol error this is the code for broken framing; a specific case may use 1003, 1007 or 4400.
    package var webSocketCode: UInt16? {
        switch self {
        case .normal: 1000
        case .goingAway: 1001
        case .drain: 1012
        case .idle, .pingTimeout, .handshakeTimeout: 4408
        case .slowConsumer: 4413
        case .unauthenticated, .authExpired: 4401
        case .forbidden: 4403
        case .replaced: 4409
        case .policy, .admin: 1008
        case .rateLimited: 4429
        case .overloaded: 1013
        case .protocolError: 1002
        case .tooBig: 1009
        case .error: 1011
        case .abnormal: nil
        }
    }
}

/// One connection's end: the reason, who began it, and the code that went over the wire.
package struct Ending: Sendable, Equatable {
    package let reason: CloseReason
    package let initiator: Initiator
    /// The WebSocket close code sent or received; `nil` if none was seen.
    package let code: UInt16?
    /// What the peer is told besides the code: at most 123 bytes of UTF-8, no secrets.
    package let explanation: String
    /// How long the client is asked to wait before it comes back; `nil` if it is not asked to come back.
    package let reconnectAfter: Duration?

    package init(
        _ reason: CloseReason,
        by initiator: Initiator,
        code: UInt16? = nil,
        _ explanation: String = "",
        reconnectAfter: Duration? = nil
    ) {
        self.reason = reason
        self.reconnectAfter = reconnectAfter
        self.initiator = initiator
        self.code = code ?? (initiator == .network ? nil : reason.webSocketCode)
        self.explanation = explanation
    }

    /// A close started by the client: 1001 is `going_away`, anything else `normal`; no code counts as 1000.
    package static func byClient(code: UInt16?) -> Ending {
        Ending(code == 1001 ? .goingAway : .normal, by: .client, code: code ?? 1000)
    }
}
