import CLinux

extension SocketAddress {
    /// Asks the system's resolver, on a separate thread, since it may block for any length of time.
    ///
    /// - Parameter host: A name or the literal of an address.
    /// - Returns: At least one address, in the resolver's order, each with `port`.
    /// - Throws: `ReactorError.unresolvable`, or `.system` if no thread could be started.
    package static func resolve(host: String, port: UInt16) async throws(ReactorError) -> [SocketAddress] {
        if let literal = SocketAddress(ip: host, port: port) {
            return [literal]
        }
        let result = await withCheckedContinuation { continuation in
            Resolution(host: host, port: port, continuation: continuation).start()
        }
        return try result.get()
    }
}

/// One question for the resolver, on its way to the thread that asks it.
private final class Resolution: Sendable {
    private let host: String
    private let port: UInt16
    private let continuation: CheckedContinuation<Result<[SocketAddress], ReactorError>, Never>

    init(
        host: String,
        port: UInt16,
        continuation: CheckedContinuation<Result<[SocketAddress], ReactorError>, Never>
    ) {
        self.host = host
        self.port = port
        self.continuation = continuation
    }

    func start() {
        let context = unsafe Unmanaged.passRetained(self)
        let result = unsafe linux_thread_start_detached(
            { context in
                guard let context = unsafe context else { return }
                unsafe Unmanaged<Resolution>.fromOpaque(context).takeRetainedValue().ask()
            },
            context.toOpaque(),
            "resolver"
        )
        if result < 0 {
            unsafe context.release()
            self.continuation.resume(returning: .failure(.system(call: "pthread_create", errno: -result)))
        }
    }

    private func ask() {
        var found = Array(repeating: linux_address(), count: 16)
        let count = unsafe linux_resolve(self.host, &found, Int32(found.count))
        if count > 0 {
            let addresses = found.prefix(Int(count)).map { SocketAddress($0).with(port: self.port) }
            self.continuation.resume(returning: .success(addresses))
        } else {
            let reason = count == 0 ? "no address" : unsafe String(cString: linux_resolve_message(count))
            self.continuation.resume(returning: .failure(.unresolvable(host: self.host, reason: reason)))
        }
    }
}
