/// Percent-encoding (RFC 3986 section 2.1).
package enum PercentEncoding {
    /// - Returns: `nil` if a `%` is not followed by two hexadecimal digits.
    package static func decode(_ bytes: Span<UInt8>, plusIsSpace: Bool = false) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%") {
                guard index + 2 < bytes.count, let high = HTTPByte.hexValue(bytes[index + 1]),
                    let low = HTTPByte.hexValue(bytes[index + 2])
                else { return nil }
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(plusIsSpace && byte == UInt8(ascii: "+") ? HTTPByte.space : byte)
                index += 1
            }
        }
        return decoded
    }
}
