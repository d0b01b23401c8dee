import CLinux

/// An IPv4 or IPv6 address with a port.
///
/// IPv4 addresses mapped into IPv6 are kept as IPv4.
package struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address of an end that has none: a socket pair's.
    package static let none = SocketAddress(linux_address())

    private let high: UInt64
    private let low: UInt64
    private let scope: UInt32
    private let version: UInt8
    package let port: UInt16

    /// Reads the literal of an IPv4 or IPv6 address; `nil` where it is none.
    ///
    /// Nothing is resolved.
    package init?(ip: String, port: UInt16) {
        var address = linux_address()
        guard unsafe linux_address_parse(ip, port, &address) else { return nil }
        self.init(address)
    }

    init(_ address: linux_address) {
        self.high = address.high
        self.low = address.low
        self.scope = address.scope
        self.version = address.version
        self.port = address.port
    }

    var kernel: linux_address {
        linux_address(
            high: self.high,
            low: self.low,
            scope: self.scope,
            port: self.port,
            version: self.version
        )
    }

    package var isIPv6: Bool {
        self.version == 6
    }

    /// The address in network order: 4 bytes, or 16 for IPv6, or none.
    package var bytes: [UInt8] {
        let low = (0..<8).map { UInt8(truncatingIfNeeded: UInt64(littleEndian: self.low) >> ($0 * 8)) }
        switch self.version {
        case 4:
            return Array(low.prefix(4))
        case 6:
            return (0..<8).map { UInt8(truncatingIfNeeded: UInt64(littleEndian: self.high) >> ($0 * 8)) } + low
        default:
            return []
        }
    }

    package var isLoopback: Bool {
        let bytes = self.bytes
        return bytes.count == 4 ? bytes[0] == 127 : bytes == Array(repeating: 0, count: 15) + [1]
    }

    /// Whether it stands for all of the machine's addresses.
    package var isWildcard: Bool {
        self.version != 0 && self.high == 0 && self.low == 0
    }

    package func with(port: UInt16) -> SocketAddress {
        var kernel = self.kernel
        kernel.port = port
        return SocketAddress(kernel)
    }

    /// The address without its port, as `inet_ntop` writes it.
    package var ip: String {
        unsafe String(unsafeUninitializedCapacity: 64) { buffer in
            unsafe buffer.withMemoryRebound(to: CChar.self) { text in
                guard let base = text.baseAddress else { return 0 }
                unsafe linux_address_format(self.kernel, base)
                return unsafe text.firstIndex(of: 0) ?? 0
            }
        }
    }

    package var description: String {
        switch self.version {
        case 4: "\(self.ip):\(self.port)"
        case 6: "[\(self.ip)]:\(self.port)"
        default: "-"
        }
    }
}
