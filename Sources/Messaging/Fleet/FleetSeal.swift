import Crypto

/// Signs what this instance says on one channel, and tells messages of the fleet from those of strangers.
///
/// A signature is the HMAC-SHA256, under the fleet's key, of the channel's name, a zero byte, and the message up to the
/// signature. So a message of one deployment cannot be replayed to another with the same secret.
struct FleetSeal: Sendable {
    /// Signed by the fleet, or without need of a signature.
    struct Opened {
        let message: FleetMessage
        let isSigned: Bool
    }

    private let key: FleetKey?
    private let channel: [UInt8]
    private let limits: FleetLimits

    /// - Parameter key: `nil`: nothing is signed, and no signature can be checked.
    init(key: FleetKey?, channel: String, limits: FleetLimits) {
        self.key = key
        self.channel = Array(channel.utf8)
        self.limits = limits
    }

    var hasKey: Bool { self.key != nil }

    func sealed(_ message: FleetMessage) -> [UInt8] {
        guard let key = self.key else { return message.encoded(flags: []) }
        let bytes = message.encoded(flags: .signed)
        return bytes + key.hmac.signature(of: self.signedText(bytes.span).span)
    }

    /// Reads a message and checks its signature, but not its time or whether it is new.
    ///
    /// A message that is not properly signed is not read any further.
    func open(_ bytes: Span<UInt8>) throws(FleetRejection) -> Opened {
        let head = EnvelopeFormat.magic.count
        guard bytes.count <= self.limits.messageBytes, EnvelopeReader.hasMagic(bytes), bytes.count > head + 1,
            bytes[head] == EnvelopeFormat.version
        else { throw .unreadable }
        var message = bytes
        var isSigned = false
        if EnvelopeFlags(rawValue: bytes[head + 1]).contains(.signed) {
            let end = bytes.count - HMACKey.signatureBytes
            guard end > head + 1 else { throw .unreadable }
            message = bytes.extracting(..<end)
            if let key = self.key {
                let signature = bytes.extracting(end...)
                guard key.hmac.isSignature(signature, of: self.signedText(message).span) else { throw .badSignature }
                isSigned = true
            }
        } else if self.key != nil {
            throw .unsigned
        }
        do throws(EnvelopeError) {
            return Opened(message: try FleetMessage(reading: message), isSigned: isSigned)
        } catch {
            throw .unreadable
        }
    }

    private func signedText(_ message: Span<UInt8>) -> [UInt8] {
        self.channel + [0] + [UInt8](copying: message)
    }
}
