/// A key that signs with HMAC-SHA256.
///
/// Every way Swift turns a value into text (interpolation, `print`, `dump`, reflection) gives `<redacted>`.
package struct HMACKey: Sendable {
    /// How long a signature is, in bytes.
    package static let signatureBytes = 32

    private let bytes: [UInt8]

    /// - Parameter bytes: The secret, of any length; fewer than 16 bytes can be guessed.
    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// A key for another purpose, from which this one cannot be found.
    ///
    /// - Parameter purpose: What the new key is for, in words used for no other purpose.
    package func derived(for purpose: String) -> HMACKey {
        HMACKey(self.signature(of: Array(purpose.utf8).span))
    }

    package func signature(of bytes: Span<UInt8>) -> [UInt8] {
        let code = hmacSHA256(bytes, key: self.bytes.span)
        return code.indices.map { code[$0] }
    }

    /// Whether `signature` belongs to `bytes`, in a time that does not reveal how much of it is right.
    package func isSignature(_ signature: Span<UInt8>, of bytes: Span<UInt8>) -> Bool {
        let right = self.signature(of: bytes)
        return constantTimeEqual(signature, right.span)
    }
}

extension HMACKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<redacted>" }
    package var debugDescription: String { self.description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
