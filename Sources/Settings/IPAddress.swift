/// An IPv4 or IPv6 address, in the bytes of the network.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16 of them, the most significant first.
    package let bytes: [UInt8]

    /// `127.0.0.1`, which is this machine and nobody else.
    package static let loopback = IPAddress(bytes: [127, 0, 0, 1])

    /// Strict: decimal parts without leading zeros (some read those as octal), no zone, no brackets.
    package init?(_ text: String) {
        guard let bytes = text.contains(":") ? Self.version6(text) : Self.version4(text) else { return nil }
        self.bytes = bytes
    }

    /// - Precondition: 4 or 16 bytes.
    package init(bytes: [UInt8]) {
        precondition(bytes.count == 4 || bytes.count == 16, "an IP address has 4 or 16 bytes")
        self.bytes = bytes
    }

    package var isVersion6: Bool { self.bytes.count == 16 }

    package var isLoopback: Bool {
        self.isVersion6 ? self.bytes.dropLast().allSatisfy { $0 == 0 } && self.bytes[15] == 1 : self.bytes[0] == 127
    }

    /// All addresses of the machine: `0.0.0.0`, or `::`.
    package var isUnspecified: Bool { self.bytes.allSatisfy { $0 == 0 } }

    /// Version 6 as RFC 5952 section 4 has it: lower case, the longest run of zeros left out.
    package var description: String {
        guard self.isVersion6 else { return self.bytes.map { String($0) }.joined(separator: ".") }
        let groups = (0..<8).map { UInt16(self.bytes[$0 * 2]) << 8 | UInt16(self.bytes[$0 * 2 + 1]) }
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
