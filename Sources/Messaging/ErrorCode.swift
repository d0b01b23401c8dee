import Instruments

/// Why a client's command was not carried out; its connection stays open.
package enum ErrorCode: UInt8, Vocabulary {
    case invalid
    case unauthenticated
    case forbidden
    case rateLimited
    case tooBig
    case brokerUnavailable
    case notSupported

    package var label: String {
        switch self {
        case .invalid: "invalid"
        case .unauthenticated: "unauthenticated"
        case .forbidden: "forbidden"
        case .rateLimited: "rate_limited"
        case .tooBig: "too_big"
        case .brokerUnavailable: "broker_unavailable"
        case .notSupported: "not_supported"
        }
    }
}

/// Why a publication was refused: the label values of `messages_rejected_total`.
package enum RejectionReason: UInt8, Vocabulary {
    case rateLimited
    case forbidden
    case invalid
    case tooBig
    case brokerUnavailable

    package var label: String { self.errorCode.label }

    /// What a client with error frames is answered.
    package var errorCode: ErrorCode {
        switch self {
        case .rateLimited: .rateLimited
        case .forbidden: .forbidden
        case .invalid: .invalid
        case .tooBig: .tooBig
        case .brokerUnavailable: .brokerUnavailable
        }
    }

    /// How a client without error frames is closed.
    package var closeReason: CloseReason {
        switch self {
        case .rateLimited: .rateLimited
        case .forbidden, .invalid: .forbidden
        case .tooBig: .tooBig
        case .brokerUnavailable: .overloaded
        }
    }
}
