import ByteKernels

/// `bytes` as they are written in tokens and URLs: base64url without padding (RFC 4648 section 5).
package func base64URL(_ bytes: [UInt8]) -> String {
    Base64.url.encode(bytes.span)
}

/// Text that nobody can guess: `count` random bytes in base64url.
package func randomToken(bytes count: Int) -> String {
    base64URL(randomBytes(count))
}
