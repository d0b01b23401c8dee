package import Notation

/// The addresses that share a prefix: `10.0.0.0/8`, `fd00::/8`, or a single address.
package struct IPNetwork: Hashable, Sendable, CustomStringConvertible {
    package let address: IPAddress
    package let prefixBits: Int

    /// `nil` also if bits are set after the prefix: `10.1.2.3/8` is probably a mistake.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = IPAddress(String(parts[0])) else { return nil }
        let width = address.bytes.count * 8
        guard parts.count == 2 else {
            self.address = address
            self.prefixBits = width
            return
        }
        guard let bits = NumberWithUnit(String(parts[1])), bits.unit.isEmpty else { return nil }
        let prefixBits = bits.number(times: 1)
        guard (0...Int64(width)).contains(prefixBits) else { return nil }
        self.address = address
        self.prefixBits = Int(prefixBits)
        guard Self.masked(address.bytes, to: self.prefixBits) == address.bytes else { return nil }
    }

    /// An IPv4 address from an IPv6 socket (`::ffff:10.1.2.3`) is matched as an IPv4 address.
    package func contains(_ other: IPAddress) -> Bool {
        let bytes = (self.address.version == .four ? other.unmapped : other).bytes
        guard bytes.count == self.address.bytes.count else { return false }
        return Self.masked(bytes, to: self.prefixBits) == self.address.bytes
    }

    package var description: String {
        self.prefixBits == self.address.bytes.count * 8 ? "\(self.address)" : "\(self.address)/\(self.prefixBits)"
    }

    private static func masked(_ bytes: [UInt8], to bits: Int) -> [UInt8] {
        bytes.enumerated().map { index, byte in
            let kept = min(max(bits - index * 8, 0), 8)
            return byte & (kept == 0 ? 0 : 0xFF << (8 - kept))
        }
    }
}
