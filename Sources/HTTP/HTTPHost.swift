/// The value of a `Host` field: `uri-host [ ":" port ]` (RFC 9110 section 7.2).
enum HTTPHost {
    /// Whether `bytes` is a host with an optional port.
    ///
    /// The empty host, which `http` and `https` cannot have, is none.
    static func isValid(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count > 0 else { return false }
        let hostEnd: Int
        if bytes[0] == UInt8(ascii: "[") {
            guard let end = Self.endOfAddress(bytes) else { return false }
            hostEnd = end
        } else {
            guard let end = Self.endOfName(bytes), end > 0 else { return false }
            hostEnd = end
        }
        guard hostEnd < bytes.count else { return true }
        guard bytes[hostEnd] == HTTPByte.colon, bytes.count - hostEnd <= 6 else { return false }
        for index in (hostEnd + 1)..<bytes.count where !HTTPByte.isDigit(bytes[index]) {
            return false
        }
        return true
    }

    /// After `[` … `]`.
    ///
    /// Only the characters between the brackets are checked; they are compared, never used as an `IPAddress`.
    private static func endOfAddress(_ bytes: Span<UInt8>) -> Int? {
        var index = 1
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "]"):
                return index > 1 ? index + 1 : nil
            case UInt8(ascii: "0")...UInt8(ascii: ":"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."):
                index += 1
            default:
                return nil
            }
        }
        return nil
    }

    /// After unreserved characters, sub-delims and percent-encoded bytes.
    private static func endOfName(_ bytes: Span<UInt8>) -> Int? {
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case HTTPByte.colon:
                return index
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "&")...UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: ";"), UInt8(ascii: "="):
                // A comma is a sub-delim, but a proxy joins repeated fields with it, so it may mean two hosts.
                guard bytes[index] != HTTPByte.comma else { return nil }
                index += 1
            case UInt8(ascii: "%"):
                guard index + 2 < bytes.count, HTTPByte.hexValue(bytes[index + 1]) != nil,
                    HTTPByte.hexValue(bytes[index + 2]) != nil
                else { return nil }
                index += 3
            default:
                return nil
            }
        }
        return index
    }
}
