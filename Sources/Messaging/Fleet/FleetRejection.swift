import Instruments

/// Why a message of the fleet channel is counted and not obeyed.
package enum FleetRejection: UInt8, Vocabulary, Error {
    /// It is not signed, and this instance demands it, or the message commands.
    case unsigned
    /// Its signature is not that of the fleet's key.
    case badSignature
    /// It is from another time, or has been here before.
    case stale
    /// It is no message of the fleet, or of another version.
    case unreadable

    package var label: String {
        switch self {
        case .unsigned: "unsigned"
        case .badSignature: "bad_signature"
        case .stale: "stale"
        case .unreadable: "unreadable"
        }
    }
}
