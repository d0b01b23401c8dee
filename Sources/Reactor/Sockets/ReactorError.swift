import CLinux

/// What can keep the engine from starting, listening or connecting.
package enum ReactorError: Error, Equatable, Sendable {
    /// A system call that normally does not fail, with its errno.
    case system(call: String, errno: Int32)
    /// Another socket already listens on this port.
    case addressInUse(SocketAddress)
    case cannotBind(SocketAddress, errno: Int32)
    /// The loop has as many connections as it may have.
    case tooManyConnections
    case unresolvable(host: String, reason: String)
    /// Not the literal of an IPv4 or IPv6 address.
    case invalidAddress(String)
}

extension ReactorError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .system("pthread_create", let errno):
            "a thread could not be made: \(Self.text(errno)); raise the limit of threads (ulimit -u, pids.max)"
        case .system(let call, EMFILE): "\(call): no file descriptor is left; raise the limit (ulimit -n, LimitNOFILE)"
        case .system(let call, let errno): "\(call): \(Self.text(errno))"
        case .addressInUse(let address): "\(address) is taken by another process"
        case .cannotBind(let address, EADDRNOTAVAIL): "no interface of this machine has the address \(address.ip)"
        case .cannotBind(let address, EACCES):
            "\(address) is not permitted; ports below 1024 need root or CAP_NET_BIND_SERVICE, or choose a higher one"
        case .cannotBind(let address, let errno): "\(address): \(Self.text(errno))"
        case .tooManyConnections: "the event loop has as many connections as it can hold"
        case .unresolvable(let host, let reason): "the host \(host) cannot be resolved: \(reason)"
        case .invalidAddress(let text): "\(text) is no IPv4 or IPv6 address"
        }
    }

    /// The system's words for an errno, such as "Connection refused".
    package static func text(_ errno: Int32) -> String {
        unsafe String(cString: linux_error_message(errno))
    }
}
