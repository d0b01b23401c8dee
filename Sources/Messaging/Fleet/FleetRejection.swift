import Instruments

/// Why a message on the fleet channel is counted and not obeyed.
package enum FleetRejection: UInt8, Vocabulary, Error {
    /// It is not signed, and this instance requires a signature, or the message is a command.
    case unsigned
    /// Its signature was not made with the fleet's key.
    case badSignature
    /// It is too old or too new, or a repeat.
    case stale
    /// It is not a fleet message, or of another version.
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
