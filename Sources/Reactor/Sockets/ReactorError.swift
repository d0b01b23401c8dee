/// What can prevent the engine from starting, listening or connecting.
package enum ReactorError: Error, Equatable, Sendable {
    /// A system call that should not fail, with its errno.
    case system(call: String, errno: Int32)
    /// Somebody already listens on this port.
    case addressInUse(SocketAddress)
    /// The loop has as many connections as it may have.
    case tooManyConnections
    case unresolvable(host: String, reason: String)
    /// Not the literal of an IPv4 or IPv6 address.
    case invalidAddress(String)
}
