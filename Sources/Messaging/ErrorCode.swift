import Instruments

/// Why something that a client asked for was refused.
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

    package var label: String {
        switch self {
        case .rateLimited: "rate_limited"
        case .forbidden: "forbidden"
        case .invalid: "invalid"
        case .tooBig: "too_big"
        case .brokerUnavailable: "broker_unavailable"
        }
    }

    /// How a publication counts that was answered with this code.
    package init(_ code: ErrorCode) {
        switch code {
        case .rateLimited: self = .rateLimited
        case .forbidden, .unauthenticated: self = .forbidden
        case .invalid, .notSupported: self = .invalid
        case .tooBig: self = .tooBig
        case .brokerUnavailable: self = .brokerUnavailable
        }
    }
}
