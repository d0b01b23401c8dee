import CLinux
import Instruments

// Connections that go out, and sockets that come from elsewhere. Inside.
extension EventLoop {
    /// Begins a connection; its handler hears `connected` or `closed`.
    ///
    /// What is sent meanwhile is queued.
    ///
    /// - Throws: `ReactorError.tooManyConnections`, or `.system` where no socket is to be had.
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
        self.slab[slot].handler?.connected(connection)
        self.flushHeld()
    }

    /// Takes a connected stream socket, a socket pair's end for one; `nil` where the loop is full or has ended, and
    /// then the descriptor is closed.
    package func adopt(descriptor: Int32, handler: any SocketHandler) -> ConnectionHandle? {
        self.assertInside()
        guard linux_make_nonblocking(descriptor) >= 0, let connection = self.register(descriptor) else {
            _ = linux_close(descriptor)
            return nil
        }
        self.slab[connection.slot].handler = handler
        return connection
    }

    // MARK: from loop to loop

    /// Takes a connection out of this loop, with what was read and not used and with replies not sent.
    ///
    /// Its handler hears nothing more. Reading, timers and pauses end here.
    ///
    /// - Parameter used: Inside `received`: how many of the bytes lent by that call were used. The others travel.
    /// - Returns: `nil` for a stale handle, a connection that is connecting or finishing, or one with room frames
    ///   queued, whose outcomes this loop has to count.
    package func detach(_ connection: ConnectionHandle, used: Int = 0) -> DetachedSocket? {
        self.assertInside()
        self.flushHeld(of: connection)
        guard self.slab.isOpen(connection) else { return nil }
        let slot = connection.slot
        guard self.slab[slot].flags.isDisjoint(with: [.connecting, .finishing, .overflowed]) else { return nil }
        let queue = self.slab[slot].queue
        guard let unsent = queue == nil ? [] : queue?.unsentReplies else { return nil }
        var unread = self.slab[slot].unread
        if let lent = self.lent, lent.connection == connection {
            let first = lent.offset + used
            precondition(used >= 0 && first <= lent.count, "a handler uses what it was lent")
            let rest = unsafe UnsafeBufferPointer(start: self.receiveBuffer + first, count: lent.count - first)
            unsafe unread = Array(rest)
        }
        var counters = self.slab[slot].counters
        counters.queuedBytes = 0
        counters.queuedMessages = 0
        let descriptor = self.slab[slot].descriptor
        let peer = self.peerAddress(of: connection) ?? .none
        self.dropQueue(slot, as: .closedBeforeWrite)
        self.wheel.set(slot, at: TimerWheel.never, in: self.slab)
        self.poller.remove(descriptor)
        // Its handler hears nothing more, so the place is free at once.
        self.slab.close(slot)
        self.slab.free(slot)
        return DetachedSocket(
            descriptor: Descriptor(descriptor),
            unread: unread,
            unsent: unsent,
            counters: counters,
            peer: peer
        )
    }

    /// Takes over what another loop detached; its counters go on, and unread bytes are offered before the tick ends.
    ///
    /// - Returns: `nil` where the loop is full or has ended, or its buffer is too small; then the socket is closed.
    package func attach(_ socket: consuming DetachedSocket, handler: any SocketHandler) -> ConnectionHandle? {
        self.assertInside()
        guard socket.unread.count < self.configuration.receiveBufferBytes else { return nil }
        guard let connection = self.register(socket.descriptor.number) else { return nil }
        let slot = connection.slot
        self.slab[slot].handler = handler
        self.slab[slot].unread = socket.unread
        self.slab[slot].messagesSent = socket.counters.messagesSent
        self.slab[slot].bytesSent = socket.counters.bytesSent
        self.slab[slot].messagesReceived = socket.counters.messagesReceived
        self.slab[slot].bytesReceived = socket.counters.bytesReceived
        self.slab[slot].dropped = UInt32(clamping: socket.counters.dropped)
        self.slab[slot].openedAt = socket.counters.openedAt.nanoseconds
        let unsent = socket.unsent
        _ = socket.release()
        if !unsent.isEmpty {
            unsafe unsent.withUnsafeBufferPointer { bytes in
                unsafe self.enqueueReply(bytes, to: connection, begun: 0, placement: .inOrder)
            }
        }
        self.offerAgain(connection)
        return connection
    }
}
