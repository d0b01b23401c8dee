// The one file of this target that faces OpenSSL. Every pointer comes from a span or an array and is used for one
// call only; OpenSSL's own objects are made and freed within one call of the wall.
import COpenSSL

/// The SHA-1 digest of `bytes`, which RFC 6455 requires in the WebSocket handshake; nothing secret depends on it.
package func sha1(_ bytes: Span<UInt8>) -> InlineArray<20, UInt8> {
    var digest = InlineArray<20, UInt8>(repeating: 0)
    var room = digest.mutableSpan
    let isDone = unsafe bytes.withUnsafeBufferPointer { bytes in
        unsafe room.withUnsafeMutableBufferPointer { room in
            unsafe atalaya_sha1(bytes.baseAddress, bytes.count, room.baseAddress)
        }
    }
    // Every provider that supports TLS 1.2 has SHA-1; without it no client could be answered.
    precondition(isDone == 1, "OpenSSL offers no SHA-1")
    return digest
}

/// The HMAC of `bytes` with SHA-256 under `key` (RFC 2104, RFC 4231).
func hmacSHA256(_ bytes: Span<UInt8>, key: Span<UInt8>) -> InlineArray<32, UInt8> {
    var code = InlineArray<32, UInt8>(repeating: 0)
    var room = code.mutableSpan
    let isDone = unsafe key.withUnsafeBufferPointer { key in
        unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe room.withUnsafeMutableBufferPointer { room in
                unsafe atalaya_hmac_sha256(
                    key.baseAddress,
                    key.count,
                    bytes.baseAddress,
                    bytes.count,
                    room.baseAddress
                )
            }
        }
    }
    // Every provider has it; a code of zeros could pass for a signature.
    precondition(isDone == 1, "OpenSSL offers no HMAC-SHA256")
    return code
}

/// `count` bytes from OpenSSL's generator, suitable for secrets.
package func randomBytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let isDone = unsafe bytes.withUnsafeMutableBufferPointer { unsafe atalaya_random($0.baseAddress, $0.count) }
    // If the generator fails, bytes that could be guessed must not be returned.
    precondition(isDone == 1, "OpenSSL's random generator failed")
    return bytes
}

/// Whether both hold the same bytes, in a time that depends only on their lengths.
package func constantTimeEqual(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
    guard one.count == other.count else { return false }
    guard !one.isEmpty else { return true }
    return unsafe one.withUnsafeBufferPointer { one in
        unsafe other.withUnsafeBufferPointer { other in
            unsafe atalaya_compare(one.baseAddress, other.baseAddress, one.count) == 0
        }
    }
}
