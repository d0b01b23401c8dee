import CLinux
import Instruments

// Clients, and the sockets that come and go under them. Inside.
//
// A client is a place in the slab with its handle, handler, send queue, counters and deadline. Usually a socket is
// attached to it from beginning to end. It may also have none: then what it is sent waits in its queue, and
// `takeFrames` returns it to be written elsewhere.
extension EventLoop {
    /// Opens a place for a client that has no socket yet.
    ///
    /// Everything but reading works as with a socket. Replies and room frames are queued, bounded by size, age, policy
    /// and the shared budget like every queue, and pending until they are written or given up. The deadline fires.
    /// `finish` waits until the queue has been taken. Pausing is remembered for the next socket.
    ///
    /// - Returns: `nil` if the loop is full or has ended.
    package func openClient(handler: any SocketHandler) -> ConnectionHandle? {
        self.assertInside()
        guard self.mayOpen, let client = self.slab.open(at: self.time) else { return nil }
        self.slab[client.slot].handler = handler
        return client
    }

    /// Whether the client is open and a socket is attached to it.
    package func hasSocket(_ client: ConnectionHandle) -> Bool {
        self.assertInside()
        return self.slab.isOpen(client) && self.slab[client.slot].hasSocket
    }

    // MARK: taking a socket away

    /// Ends a connection on this loop without closing its socket, which continues elsewhere.
    ///
    /// Its cipher, unused input, unsent replies and counters move with the socket. The handler is not called any more.
    /// Deadline and pause end here.
    ///
    /// - Parameter used: Inside `received`: how many of the bytes lent by that call were used. The others move along.
    /// - Returns: `nil` for a stale handle, a connection that is connecting or finishing, or one with room frames
    ///   queued, whose outcomes this loop has to count.
    package func detach(_ connection: ConnectionHandle, used: Int = 0) -> DetachedSocket? {
        self.assertInside()
        self.flushHeld(of: connection)
        guard self.mayDetach(connection) else { return nil }
        let slot = connection.slot
        let queue = self.slab[slot].queue
        guard let unsent = queue == nil ? [] : queue?.unsentReplies else { return nil }
        let sealed = queue?.sealedLeft ?? []
        var counters = self.slab[slot].counters
        counters.queuedBytes = 0
        counters.queuedMessages = 0
        let socket = self.removeSocket(of: connection, used: used, (unsent, sealed), counters)
        self.dropQueue(of: connection)
        self.wheel.set(slot, at: TimerWheel.never, in: self.slab)
        // Its handler is not called any more, so the place is free at once.
        self.slab.close(slot)
        self.slab.free(slot)
        return socket
    }

    /// Takes the socket away from a client that continues without one.
    ///
    /// Its cipher and unused input move with the socket, and so does the rest of a reply that the kernel has taken in
    /// part. Everything else that is queued stays with the client, and so do its counters: the socket starts new ones.
    ///
    /// - Parameter used: Inside `received`: how many of the bytes lent by that call were used. The others move along.
    /// - Returns: `nil` for a stale handle, a client without a socket, one that is connecting or finishing, or one of
    ///   whose room frames the kernel has a part, since the rest can go through this socket alone and is counted here.
    package func detachSocket(of client: ConnectionHandle, used: Int = 0) -> DetachedSocket? {
        self.assertInside()
        self.flushHeld(of: client)
        guard self.mayDetach(client) else { return nil }
        let slot = client.slot
        var unsent: (plain: [UInt8], sealed: [UInt8]) = ([], [])
        if let queue = self.slab[slot].queue {
            let before = queue.bytes
            guard let rest = queue.takeBegunReplies() else { return nil }
            unsent = rest
            self.queuedChanged(by: queue.bytes - before)
            if queue.isEmpty {
                self.closeQueue(slot, queue)
                self.noteDropsOver(queue, of: client)
            }
        }
        var counters = ConnectionCounters()
        counters.openedAt = self.now
        return self.removeSocket(of: client, used: used, unsent, counters)
    }

    private func mayDetach(_ connection: ConnectionHandle) -> Bool {
        self.slab.isOpen(connection) && self.slab[connection.slot].hasSocket
            && self.slab[connection.slot].flags.isDisjoint(with: [.connecting, .finishing, .overflowed])
    }

    private func removeSocket(
        of connection: ConnectionHandle,
        used: Int,
        _ unsent: (plain: [UInt8], sealed: [UInt8]),
        _ counters: ConnectionCounters
    ) -> DetachedSocket {
        let slot = connection.slot
        let cipher = self.takeCipher(of: slot)
        cipher?.unsent = unsent.sealed
        var unread = self.slab[slot].unread
        self.forgetKept(at: slot)
        if let lent = self.lent, lent.connection == connection {
            let first = lent.offset + used
            precondition(used >= 0 && first <= lent.count, "a handler uses what it was lent")
            let rest = unsafe UnsafeBufferPointer(start: self.receiveBuffer + first, count: lent.count - first)
            unsafe unread = Array(rest)
            if let cipher, !lent.isOpened {
                cipher.unopened = exchange(&unread, with: [])
            }
            self.lent = nil
        }
        let descriptor = self.slab[slot].descriptor
        let peer = self.peerAddress(of: connection) ?? .none
        self.poller.remove(descriptor)
        self.slab[slot].removeSocket()
        return DetachedSocket(
            descriptor: Descriptor(descriptor),
            unread: unread,
            unsent: unsent.plain,
            cipher: cipher,
            counters: counters,
            peer: peer
        )
    }

    // MARK: giving a client a socket

    /// Opens a place for a socket that was detached on this loop or another, and attaches it.
    ///
    /// The socket's counters continue; its unread bytes are offered before the tick ends.
    ///
    /// - Returns: `nil` where the loop is full or has ended, its buffer is too small for the unread bytes, or epoll
    ///   takes no more; then the socket is closed.
    package func attach(_ socket: consuming DetachedSocket, handler: any SocketHandler) -> ConnectionHandle? {
        self.assertInside()
        guard let client = self.openClient(handler: handler) else { return nil }
        self.slab[client.slot].openedAt = socket.counters.openedAt.nanoseconds
        guard self.attach(socket, to: client) else {
            self.slab.close(client.slot)
            self.slab.free(client.slot)
            return nil
        }
        return client
    }

    /// Gives a client without a socket one that was detached on this loop or another.
    ///
    /// The client keeps its handle, handler, queue and deadline. What the socket had counted is added to its counters.
    /// The socket's unsent replies go out first, then what the client has queued, in order, as the socket takes it.
    /// While a parcel is under way, all of that waits until it ends. The unread bytes are offered to the client's
    /// handler before the tick ends, unless reading is paused.
    ///
    /// From here on the client ends with its socket: if that breaks or its peer ends it, the handler gets the same
    /// calls as for any connection, finally `closed`. For the client to outlive the socket, detach it before.
    ///
    /// - Returns: `false` for a stale handle, a client that has a socket, or one that overflowed or is finishing, and
    ///   where the loop's buffer is too small for the unread bytes or epoll takes no more. Then the socket is closed
    ///   and the client is as before.
    package func attach(_ socket: consuming DetachedSocket, to client: ConnectionHandle) -> Bool {
        self.assertInside()
        guard self.slab.isOpen(client), !self.slab[client.slot].hasSocket else { return false }
        guard self.slab[client.slot].flags.isDisjoint(with: [.finishing, .overflowed]) else { return false }
        guard socket.unread.count < self.configuration.receiveBufferBytes else { return false }
        let slot = client.slot
        guard self.watch(socket.descriptor.number, as: slot) else { return false }
        self.keepUnread(socket.unread, at: slot)
        self.slab[slot].messagesSent += socket.counters.messagesSent
        self.slab[slot].bytesSent += socket.counters.bytesSent
        self.slab[slot].messagesReceived += socket.counters.messagesReceived
        self.slab[slot].bytesReceived += socket.counters.bytesReceived
        self.slab[slot].dropped &+= UInt32(clamping: socket.counters.dropped)
        self.slab[slot].countClosedBeforeWrite(Int(clamping: socket.counters.closedBeforeWrite))
        self.slab[slot].countWriteErrors(Int(clamping: socket.counters.writeErrors))
        let (unsent, cipher) = (socket.unsent, socket.cipher)
        _ = socket.release()
        if !unsent.isEmpty {
            let queue = self.openQueue(slot)
            queue.insertBegunReply(unsent, since: self.time)
            self.queuedChanged(by: unsent.count)
        }
        if let cipher {
            self.putCipher(cipher, at: slot)
            self.queueSealed(exchange(&cipher.unsent, with: []), of: slot)
        }
        self.updateInterest(slot)
        self.offerAgain(client)
        return true
    }
}
