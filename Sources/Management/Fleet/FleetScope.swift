import Instruments

/// Whose data is asked for.
package enum FleetScope: UInt8, Vocabulary {
    /// The instance that answers.
    case instance
    case fleet

    package var label: String {
        switch self {
        case .instance: "instance"
        case .fleet: "fleet"
        }
    }
}

extension Parameter<FleetScope> {
    package static let scope = Parameter.word(
        "scope",
        default: .instance,
        "Whose data: of the instance that answers, or of the whole fleet."
    )
}
