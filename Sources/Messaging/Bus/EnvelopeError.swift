/// Why bytes that claim to be an envelope are not one; its sentence goes to the log.
package enum EnvelopeError: Error, Equatable, Sendable {
    /// Written by a gateway of another version. Never taken for a payload.
    case unknownVersion(UInt8)
    /// It ends inside its head or a field.
    case truncated
    /// More fields, or more bytes in them, than any version writes.
    case headTooLarge
    case badField(EnvelopeTag)
    case repeatedField(EnvelopeTag)
    case missingField(EnvelopeTag)
}

extension EnvelopeError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownVersion(let version): "envelope of version \(version); this build reads \(EnvelopeFormat.version)"
        case .truncated: "envelope ends within its head or a field"
        case .headTooLarge: "envelope with more than \(EnvelopeFormat.maximumHeadBytes) bytes of fields"
        case .badField(let tag): "envelope whose field \(tag) cannot be read"
        case .repeatedField(let tag): "envelope with the field \(tag) twice"
        case .missingField(let tag): "envelope without the field \(tag)"
        }
    }
}
