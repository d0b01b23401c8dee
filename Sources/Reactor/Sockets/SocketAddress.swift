import CLinux
package import Notation

/// An IPv4 or IPv6 address with a port.
///
/// IPv4 addresses mapped into IPv6 are kept as IPv4.
package struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address of an end without one: a socket pair.
    package static let none = SocketAddress(linux_address())

    /// Without the port; `nil` for an end without an address.
    package let address: IPAddress?
    package let port: UInt16
    private let scope: UInt32

    package init(_ address: IPAddress, port: UInt16) {
        self.address = address.unmapped
        self.port = port
        self.scope = 0
    }

    /// Reads the literal of an IPv4 or IPv6 address; `nil` if it is not one.
    ///
    /// Nothing is resolved.
    package init?(ip: String, port: UInt16) {
        guard let address = IPAddress(ip) else { return nil }
        self.init(address, port: port)
    }

    private init(_ address: IPAddress?, port: UInt16, scope: UInt32) {
        self.address = address
        self.port = port
        self.scope = scope
    }

    init(_ kernel: linux_address) {
        let address: IPAddress? =
            switch kernel.version {
            case 4: IPAddress(version4: UInt32(truncatingIfNeeded: UInt64(littleEndian: kernel.low)).byteSwapped)
            case 6: IPAddress(version6: UInt64(bigEndian: kernel.high), UInt64(bigEndian: kernel.low))
            default: nil
            }
        self.init(address, port: kernel.port, scope: kernel.scope)
    }

    var kernel: linux_address {
        var kernel = linux_address()
        kernel.port = self.port
        kernel.scope = self.scope
        guard let address = self.address else { return kernel }
        kernel.version = address.version.rawValue
        switch address.version {
        case .four:
            kernel.low = UInt64(UInt32(truncatingIfNeeded: address.low).byteSwapped).littleEndian
        case .six:
            kernel.high = address.high.bigEndian
            kernel.low = address.low.bigEndian
        }
        return kernel
    }

    package var isIPv6: Bool { self.address?.version == .six }

    package var isLoopback: Bool { self.address?.isLoopback ?? false }

    /// Whether it stands for all addresses of the machine.
    package var isWildcard: Bool { self.address?.isUnspecified ?? false }

    package func with(port: UInt16) -> SocketAddress {
        SocketAddress(self.address, port: port, scope: self.scope)
    }

    /// The address without its port; empty if there is none.
    package var ip: String { self.address.map { "\($0)" } ?? "" }

    package var description: String {
        switch self.address?.version {
        case .four: "\(self.ip):\(self.port)"
        case .six: "[\(self.ip)]:\(self.port)"
        case nil: "-"
        }
    }
}
