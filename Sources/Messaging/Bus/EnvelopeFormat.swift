/// The frame that all envelopes share: magic, version, flags, then fields of tag, length and value, then the payload.
package enum EnvelopeFormat {
    /// No UTF-8 text begins with 0xFF, so text from another program is never taken for an envelope.
    package static let magic: [UInt8] = [0xFF, 0x41, 0x54, 0x4C]
    package static let version: UInt8 = 1
    /// Takes the place of a tag, and says that the rest is the payload.
    package static let payloadTag: UInt8 = 0
    package static let maximumHeadBytes = 64 * 1024
}

/// The fields this build knows; a reader skips all others.
package enum EnvelopeTag: UInt8, CaseIterable, Sendable {
    case messageID = 1
    case origin = 2
    case sequence = 3
    case epoch = 4
    case room = 5
    case user = 6
    case kind = 7
    case acceptedAt = 8
    case publishedAt = 9
    case trace = 10
    case sender = 11
    /// When the message's epoch began.
    case began = 12
    /// In announcements of an earlier build: how far it has come in a room; may be repeated.
    case tail = 32
    case recall = 33
    /// In announcements: how far the origin has come in one epoch of the room; may be repeated.
    case reach = 34
    case recallNumber = 35
    /// May be repeated.
    case recallAnswer = 36
    /// Of the fleet channel.
    case fleetKind = 64
    case instance = 65
    case nonce = 66
    case sentAt = 67
    case subject = 68
    case question = 69
    case refusal = 70
    case build = 71
    case clock = 72
    /// Of the records of resume tokens.
    case connection = 96
    case place = 97
    case window = 98
}

/// Bits of the head's second byte; a reader ignores bits it does not know.
package struct EnvelopeFlags: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let excludesSender = EnvelopeFlags(rawValue: 1)
    /// On the fleet channel: the last 32 bytes are a signature.
    package static let signed = EnvelopeFlags(rawValue: 2)
    /// It is not a message: it says how far its origin has come.
    package static let announcement = EnvelopeFlags(rawValue: 4)
}
