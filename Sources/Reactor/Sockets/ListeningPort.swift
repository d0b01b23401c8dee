import CLinux
import Notation

/// A port that was found free and has been held since; each event loop opens its own socket on it.
///
/// The first socket binds without `SO_REUSEPORT`, so a port that anybody holds is found to be taken, even if another
/// gateway holds it. Only then does it get the option, so that the sockets of the other loops can join and nobody can
/// slip in between.
package struct ListeningPort: ~Copyable {
    /// The address it listens on, with the real port if 0 was asked for.
    package let address: SocketAddress
    private let isDualStack: Bool
    private var first: ListeningSocket?

    /// Takes a port on one address; the IPv6 wildcard includes IPv4.
    ///
    /// - Throws: `ReactorError.addressInUse`, or `.system` with the kernel's error.
    package static func claim(_ address: SocketAddress) throws(ReactorError) -> ListeningPort {
        let isDualStack = address.isIPv6 && address.isWildcard
        let descriptor = linux_bind_listener(address.kernel, isDualStack, false)
        guard descriptor >= 0 else { throw .binding(address, errno: -descriptor) }
        let socket = ListeningSocket(descriptor: Descriptor(descriptor))
        let result = linux_share_port(descriptor)
        guard result >= 0 else { throw .system(call: "setsockopt", errno: -result) }
        var bound = linux_address()
        let named = unsafe linux_local_address(descriptor, &bound)
        guard named >= 0 else { throw .system(call: "getsockname", errno: -named) }
        return ListeningPort(address: address.with(port: bound.port), isDualStack: isDualStack, first: socket)
    }

    /// Takes a port on the literal `host`, or on all addresses, IPv6 and IPv4, if it is `nil`.
    package static func claim(host: String?, port: UInt16) throws(ReactorError) -> ListeningPort {
        if let host {
            guard let address = SocketAddress(ip: host, port: port) else { throw .invalidAddress(host) }
            return try self.claim(address)
        }
        do throws(ReactorError) {
            return try self.claim(SocketAddress(.unspecified(.six), port: port))
        } catch .cannotBind(_, EAFNOSUPPORT), .cannotBind(_, EADDRNOTAVAIL) {
            return try self.claim(SocketAddress(.unspecified(.four), port: port))
        }
    }

    /// A socket for one more event loop.
    package mutating func open() throws(ReactorError) -> ListeningSocket {
        if let first = self.first.take() {
            return first
        }
        let descriptor = linux_bind_listener(self.address.kernel, self.isDualStack, true)
        guard descriptor >= 0 else { throw .binding(self.address, errno: -descriptor) }
        return ListeningSocket(descriptor: Descriptor(descriptor))
    }
}

/// A bound socket on its way to the loop that will listen on it; it closes its descriptor if none does.
package struct ListeningSocket: ~Copyable, Sendable {
    let descriptor: Descriptor
}

extension ReactorError {
    fileprivate static func binding(_ address: SocketAddress, errno: Int32) -> ReactorError {
        errno == EADDRINUSE ? .addressInUse(address) : .cannotBind(address, errno: errno)
    }
}
