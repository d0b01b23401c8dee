import CLinux
import Instruments

// Outgoing connections, and connected descriptors from elsewhere. Inside.
extension EventLoop {
    /// Starts a connection; its handler is told `connected` or `closed`.
    ///
    /// What is sent meanwhile is queued.
    ///
    /// - Throws: `ReactorError.tooManyConnections`, or `.system` if no socket is available.
    package func connect(
        to address: SocketAddress,
        timeout: Duration,
        handler: any SocketHandler
    ) throws(ReactorError) -> ConnectionHandle {
        self.assertInside()
        let lowWater = Int32(self.configuration.notSentLowWater)
        let descriptor = linux_tcp_socket(address.isIPv6 ? 6 : 4, lowWater)
        guard descriptor >= 0 else { throw .system(call: "socket", errno: -descriptor) }
        let result = linux_connect(descriptor, address.kernel)
        guard let connection = self.register(descriptor) else {
            _ = linux_close(descriptor)
            throw .tooManyConnections
        }
        let slot = connection.slot
        self.slab[slot].handler = handler
        self.slab[slot].flags.insert(.connecting)
        self.slab[slot].updateReady()
        if result >= 0 || result == -EINPROGRESS {
            self.wheel.set(slot, at: (self.now + timeout).nanoseconds, in: self.slab)
            self.updateInterest(slot)
        } else {
            self.release(connection, .connectFailed(errno: -result))
        }
        return connection
    }

    func connectEnded(_ connection: ConnectionHandle) {
        let slot = connection.slot
        let error = linux_socket_error(self.slab[slot].descriptor)
        guard error == 0 else { return self.release(connection, .connectFailed(errno: error)) }
        self.wheel.set(slot, at: TimerWheel.never, in: self.slab)
        self.slab[slot].flags.remove(.connecting)
        self.slab[slot].updateReady()
        self.updateInterest(slot)
        self.beginCipher(connection)
        guard self.slab.isOpen(connection) else { return }
        self.slab[slot].handler?.connected(connection)
        self.flushHeld()
    }

    /// Takes a connected stream socket, such as one end of a socket pair.
    ///
    /// - Returns: `nil` if the loop is full or has ended; then the descriptor is closed.
    package func adopt(descriptor: Int32, handler: any SocketHandler) -> ConnectionHandle? {
        self.assertInside()
        guard linux_make_nonblocking(descriptor) >= 0, let connection = self.register(descriptor) else {
            _ = linux_close(descriptor)
            return nil
        }
        self.slab[connection.slot].handler = handler
        return connection
    }
}
