// The one file of this target with `unsafe`. Every pointer in it comes from a span or an array that the surrounding
// closure keeps alive and, for writes, borrows exclusively; none outlives its closure.

/// Applies a WebSocket masking key in place, eight bytes at a time.
///
/// Masking and unmasking are the same operation (RFC 6455 section 5.3).
///
/// - Parameters:
///   - bytes: The buffer that holds the payload or a piece of it.
///   - range: The part to mask; any alignment, any length.
///   - key: The four key bytes as a native load from wire order.
///   - offset: How many bytes of the payload precede `range`; a payload may be unmasked piece by piece.
package func unmask(_ bytes: inout MutableSpan<UInt8>, in range: Range<Int>, key: UInt32, offset: Int) {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "the payload stands outside of its buffer")
    guard key != 0 else { return }
    let turned = UInt32(littleEndian: rotated(UInt32(littleEndian: key), byBytes: offset))
    let word = UInt64(turned) << 32 | UInt64(turned)
    unsafe bytes.withUnsafeMutableBytes { raw in
        var position = range.lowerBound
        let lastWord = range.upperBound - 8
        while position <= lastWord {
            let masked = unsafe raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            unsafe raw.storeBytes(of: masked ^ word, toByteOffset: position, as: UInt64.self)
            position += 8
        }
        // Eight is a multiple of the key's four bytes, so the rest starts at the key's first byte.
        unsafe withUnsafeBytes(of: turned) { key in
            var index = 0
            while position < range.upperBound {
                unsafe raw[position] ^= key[index & 3]
                position += 1
                index += 1
            }
        }
    }
}

/// The key, read as little-endian, rotated for the byte after `count` payload bytes.
private func rotated(_ key: UInt32, byBytes count: Int) -> UInt32 {
    let bits = UInt32(count & 3) * 8
    return key >> bits | key << ((32 - bits) & 31)
}

extension [UInt8] {
    /// A new array with the bytes of `span`.
    package init(copying span: Span<UInt8>) {
        self = unsafe span.withUnsafeBufferPointer { unsafe Self($0) }
    }

    /// Appends the bytes of `span` in one copy.
    package mutating func append(copying span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe self.append(contentsOf: $0) }
    }
}

extension OutputSpan<UInt8> {
    /// Appends the bytes of `span`, which must fit, in one copy.
    @_lifetime(self: copy self)
    package mutating func append(copying span: Span<UInt8>) {
        precondition(span.count <= self.freeCapacity, "the writer reserved fewer bytes than it appends")
        unsafe span.withUnsafeBufferPointer { source in
            unsafe self.withUnsafeMutableBufferPointer { buffer, initialized in
                _ = unsafe buffer[initialized...].initialize(fromContentsOf: source)
                initialized += source.count
            }
        }
    }
}
