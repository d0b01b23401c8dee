/// An IPv4 or IPv6 address.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    package enum Version: UInt8, Sendable {
        case four = 4
        case six = 6
    }

    package let version: Version
    /// The first eight bytes of an IPv6 address; 0 for IPv4.
    package let high: UInt64
    /// The last eight bytes of an IPv6 address, or all four of an IPv4 one.
    package let low: UInt64

    /// `127.0.0.1`: this machine only.
    package static let loopback = IPAddress(version4: 0x7F00_0001)

    package init(version4 number: UInt32) {
        self.version = .four
        self.high = 0
        self.low = UInt64(number)
    }

    package init(version6 high: UInt64, _ low: UInt64) {
        self.version = .six
        self.high = high
        self.low = low
    }

    /// All addresses of the machine: `0.0.0.0`, or `::`.
    package static func unspecified(_ version: Version) -> IPAddress {
        switch version {
        case .four: IPAddress(version4: 0)
        case .six: IPAddress(version6: 0, 0)
        }
    }

    package var isUnspecified: Bool { self.high == 0 && self.low == 0 }

    package var isLoopback: Bool {
        switch self.version {
        case .four: self.low >> 24 == 127
        case .six: self.high == 0 && self.low == 1
        }
    }

    /// Turns an IPv4 address from an IPv6 socket (`::ffff:10.1.2.3`) into the IPv4 address; leaves others unchanged.
    package var unmapped: IPAddress {
        let isMapped = self.version == .six && self.high == 0 && self.low >> 32 == 0xFFFF
        return isMapped ? IPAddress(version4: UInt32(truncatingIfNeeded: self.low)) : self
    }

    /// 4 or 16 bytes in network order.
    package var bytes: [UInt8] {
        let low = stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: self.low >> $0) }
        switch self.version {
        case .four: return Array(low.suffix(4))
        case .six: return stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: self.high >> $0) } + low
        }
    }

    /// IPv6 is written as in RFC 5952 section 4: lower case, the longest run of zeros left out.
    package var description: String {
        switch self.version {
        case .four: self.text4
        case .six: self.text6
        }
    }

    /// Written digit by digit, since every handshake needs it: 825 instructions instead of 3,850 for joining strings.
    private var text4: String {
        var text: [UInt8] = []
        text.reserveCapacity(15)
        for index in 0..<4 as Range<UInt64> {
            let byte = UInt8(truncatingIfNeeded: self.low >> (24 - 8 * index))
            if index > 0 { text.append(UInt8(ascii: ".")) }
            if byte > 99 { text.append(UInt8(ascii: "0") + byte / 100) }
            if byte > 9 { text.append(UInt8(ascii: "0") + byte / 10 % 10) }
            text.append(UInt8(ascii: "0") + byte % 10)
        }
        return String(decoding: text, as: UTF8.self)
    }

    private var text6: String {
        let groups = [self.high, self.low].flatMap { half in
            stride(from: 48, through: 0, by: -16).map { UInt16(truncatingIfNeeded: half >> $0) }
        }
        var longest = 0..<0
        var start = 0
        while start < 8 {
            let end = groups[start...].firstIndex { $0 != 0 } ?? 8
            if end - start > max(longest.count, 1) {
                longest = start..<end
            }
            start = max(end, start) + 1
        }
        let hexadecimal = groups.map { String($0, radix: 16) }
        guard !longest.isEmpty else { return hexadecimal.joined(separator: ":") }
        let before = hexadecimal[..<longest.lowerBound].joined(separator: ":")
        return before + "::" + hexadecimal[longest.upperBound...].joined(separator: ":")
    }
}

extension IPAddress {
    /// Reads an address.
    ///
    /// Strict: decimal parts without leading zeros (some read those as octal), no zone, no brackets.
    package init?(_ text: String) {
        if text.contains(":") {
            guard let bytes = Self.version6(text) else { return nil }
            self.init(version6: Self.number(bytes.prefix(8)), Self.number(bytes.suffix(8)))
        } else {
            guard let bytes = Self.version4(text) else { return nil }
            self.init(version4: UInt32(truncatingIfNeeded: Self.number(bytes[...])))
        }
    }

    /// Whether a host, as written in a URL or a `Host` field, can only be this machine.
    ///
    /// `localhost` and names below it (RFC 6761 section 6.3), and loopback addresses; IPv6 with or without brackets.
    /// A fully qualified name may end with a dot.
    package static func isLoopback(host: String) -> Bool {
        let bare = host.hasSuffix(".") ? host.dropLast() : Substring(host)
        let name = bare.lowercased()
        guard name != "localhost", !name.hasSuffix(".localhost") else { return true }
        let isBracketed = bare.hasPrefix("[") && bare.hasSuffix("]")
        return IPAddress(String(isBracketed ? bare.dropFirst().dropLast() : bare))?.unmapped.isLoopback ?? false
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func version4(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard part.allSatisfy({ $0.isASCII && $0.isWholeNumber }) else { return nil }
            guard part == "0" || part.first != "0" else { return nil }
            guard let byte = UInt8(part) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func version6(_ text: String) -> [UInt8]? {
        let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
        guard halves.count <= 2, let front = Self.groups(halves[0], mayEndInVersion4: halves.count == 1) else {
            return nil
        }
        guard halves.count == 2 else { return front.count == 16 ? front : nil }
        guard let back = Self.groups(halves[1], mayEndInVersion4: true) else { return nil }
        let zeros = 16 - front.count - back.count
        guard zeros >= 2 else { return nil }
        return front + Array(repeating: 0, count: zeros) + back
    }

    private static func groups(_ text: Substring, mayEndInVersion4: Bool) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if mayEndInVersion4, index == parts.count - 1, part.contains(".") {
                guard let embedded = Self.version4(part) else { return nil }
                bytes += embedded
            } else {
                guard (1...4).contains(part.count), part.allSatisfy({ $0.isASCII && $0.isHexDigit }) else { return nil }
                guard let group = UInt16(part, radix: 16) else { return nil }
                bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
            }
        }
        return bytes.count <= 16 ? bytes : nil
    }
}
