import CLinux

// Bytes from the kernel to the handlers, through one buffer that the loop lends.
extension EventLoop {
    /// Reads once: what is more waits for the next tick, so that every connection has its turn.
    func read(_ connection: ConnectionHandle) {
        let slot = connection.slot
        let kept = self.slab[slot].unread.count
        let result = unsafe linux_receive(
            self.slab[slot].descriptor,
            self.receiveBuffer + kept,
            self.configuration.receiveBufferBytes - kept
        )
        if result > 0 {
            self.slab[slot].bytesReceived += UInt64(result)
            guard !self.slab[slot].flags.contains(.finishing) else { return }
            self.lendKept(slot)
            self.offer(connection, kept + result)
        } else if result == 0 {
            // What was kept is offered first; the end is still there in the next tick.
            if !self.slab[slot].flags.contains(.isOfferDue) {
                self.inputEnded(connection)
            }
        } else if result != -Int(EAGAIN), result != -Int(EINTR) {
            self.release(connection, .failure(Int32(-result)))
        }
    }

    /// Notes that kept bytes are to be offered before the tick ends.
    func offerAgain(_ connection: ConnectionHandle) {
        let flags = self.slab[connection.slot].flags
        guard !self.slab[connection.slot].unread.isEmpty, !flags.contains(.isOfferDue) else { return }
        self.slab[connection.slot].flags.insert(.isOfferDue)
        self.offers.append(connection)
    }

    /// Offers what was kept to those who asked for it; who asks again meanwhile has it next tick.
    func offerKept() {
        guard !self.offers.isEmpty else { return }
        for connection in exchange(&self.offers, with: []) where self.slab.isOpen(connection) {
            let slot = connection.slot
            self.slab[slot].flags.remove(.isOfferDue)
            let count = self.slab[slot].unread.count
            guard count > 0, self.slab[slot].flags.isDisjoint(with: [.isReadingPaused, .finishing]) else { continue }
            self.lendKept(slot)
            self.offer(connection, count)
            self.flushHeld()
        }
    }

    /// Puts kept bytes to the front of the buffer.
    private func lendKept(_ slot: UInt32) {
        guard !self.slab[slot].unread.isEmpty else { return }
        let kept = exchange(&self.slab[slot].unread, with: [])
        unsafe kept.withUnsafeBufferPointer { bytes in
            if let base = bytes.baseAddress {
                unsafe self.receiveBuffer.update(from: base, count: bytes.count)
            }
        }
    }

    /// Lends the first `count` bytes of the buffer and keeps what is not used.
    ///
    /// A handler set meanwhile has its turn too.
    private func offer(_ connection: ConnectionHandle, _ count: Int) {
        let slot = connection.slot
        let socket = self.slab[slot].socketGeneration
        var offset = 0
        while offset < count, let handler = self.slab[slot].handler {
            self.lent = (connection, offset, count)
            let buffer = unsafe UnsafeMutableBufferPointer(start: self.receiveBuffer + offset, count: count - offset)
            var bytes = unsafe buffer.mutableSpan
            let used = handler.received(&bytes, on: connection)
            self.lent = nil
            guard self.slab.isOpen(connection), !self.slab[slot].flags.contains(.finishing) else { return }
            // What was not used travels with a socket that the handler took away.
            guard self.slab[slot].socketGeneration == socket else { return }
            precondition(used >= 0 && used <= count - offset, "a handler uses what it was lent")
            offset += used
            let isSame = self.slab[slot].handler === handler
            if isSame || self.slab[slot].flags.contains(.isReadingPaused) {
                break
            }
        }
        guard offset < count else { return }
        guard count - offset < self.configuration.receiveBufferBytes else {
            return self.release(connection, .ioError(errno: EMSGSIZE))
        }
        let rest = unsafe UnsafeBufferPointer(start: self.receiveBuffer + offset, count: count - offset)
        unsafe self.slab[slot].unread = Array(rest)
    }

    private func inputEnded(_ connection: ConnectionHandle) {
        let slot = connection.slot
        self.slab[slot].flags.insert(.inputEnded)
        if self.slab[slot].flags.contains(.outputEnded) {
            return self.release(connection, self.endingOfPeer(slot))
        }
        self.updateInterest(slot)
        if !self.slab[slot].flags.contains(.finishing) {
            self.slab[slot].handler?.inputEnded(connection)
        }
    }
}
