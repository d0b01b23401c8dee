import CLinux

// Moves bytes from the kernel to the handlers, through one buffer that the loop lends.
extension EventLoop {
    /// Reads once: the rest waits for the next tick, so that every connection gets its turn.
    func read(_ connection: ConnectionHandle) {
        let slot = connection.slot
        let kept = self.slab[slot].unread.count
        switch self.receive(connection, behind: kept) {
        case .bytes(let count):
            // A cipher may have ended the connection, or may not have opened anything yet.
            guard self.slab.isOpen(connection), count > 0, !self.slab[slot].flags.contains(.finishing) else { break }
            self.lendKept(slot)
            self.offer(connection, kept + count)
        case .nothing:
            return
        case .end(let isCut):
            // What was kept is offered first; the end will still be there in the next tick.
            if !self.slab[slot].flags.contains(.isOfferDue) {
                self.inputEnded(connection, isCut: isCut)
            }
            return
        case .failed(let errno):
            return self.release(connection, .failure(errno))
        }
        if self.slab[slot].flags.contains(.ciphered) {
            self.endOpened(connection)
        }
    }

    // MARK: the one place where bytes come in

    /// Reads into the loop's buffer after the first `kept` bytes, and opens what came if there is a cipher.
    @inline(__always)
    private func receive(_ connection: ConnectionHandle, behind kept: Int) -> Received {
        let slot = connection.slot
        if let socket = self.cipheredSocket(of: slot) {
            return self.receiveSealed(connection, socket, behind: kept)
        }
        let space = self.configuration.receiveBufferBytes - kept
        let result = unsafe self.receiveBare(slot, self.receiveBuffer + kept, space)
        return result > 0 ? .bytes(result) : result == 0 ? .end(isCut: false) : Received(failure: result)
    }

    /// The system call itself.
    @inline(__always)
    func receiveBare(_ slot: UInt32, _ bytes: UnsafeMutablePointer<UInt8>?, _ space: Int) -> Int {
        let result = unsafe linux_receive(self.slab[slot].descriptor, bytes, space)
        if result > 0 {
            self.slab[slot].bytesReceived += UInt64(result)
        }
        return result
    }

    // MARK: lending

    /// Notes that kept bytes are to be offered before the tick ends.
    func offerAgain(_ connection: ConnectionHandle) {
        let flags = self.slab[connection.slot].flags
        guard !flags.contains(.isOfferDue) else { return }
        guard !self.slab[connection.slot].unread.isEmpty || self.hasUntold(connection.slot) else { return }
        self.slab[connection.slot].flags.insert(.isOfferDue)
        self.offers.append(connection)
        self.hasOffers = true
    }

    /// Offers what was kept to those who asked for it; those who ask again meanwhile get it in the next tick.
    func offerKept() {
        guard self.hasOffers else { return }
        self.hasOffers = false
        for connection in exchange(&self.offers, with: []) where self.slab.isOpen(connection) {
            let slot = connection.slot
            self.slab[slot].flags.remove(.isOfferDue)
            let isFinishing = self.slab[slot].flags.contains(.finishing)
            guard isFinishing || !self.slab[slot].flags.contains(.isReadingPaused) else { continue }
            let socket = self.cipheredSocket(of: slot)
            var count = self.slab[slot].unread.count
            if let socket {
                count += self.openUnopened(of: connection, socket, behind: count)
                guard self.slab.isOpen(connection) else { continue }
            }
            if count > 0, !isFinishing {
                self.lendKept(slot)
                self.offer(connection, count)
            }
            if let socket, self.slab.isOpen(connection) {
                socket.unopened.isEmpty ? self.endOpened(connection) : self.offerAgain(connection)
            }
            self.flushHeld()
        }
    }

    /// Whether a cipher has bytes to open, or its end of input has not been reported.
    private func hasUntold(_ slot: UInt32) -> Bool {
        guard let socket = self.cipheredSocket(of: slot) else { return false }
        return !socket.unopened.isEmpty || socket.input != .open && !self.slab[slot].flags.contains(.inputEnded)
    }

    /// Moves kept bytes to the front of the buffer.
    private func lendKept(_ slot: UInt32) {
        guard !self.slab[slot].unread.isEmpty else { return }
        let kept = self.keepUnread([], at: slot)
        unsafe kept.withUnsafeBufferPointer { bytes in
            if let base = bytes.baseAddress {
                unsafe self.receiveBuffer.update(from: base, count: bytes.count)
            }
        }
    }

    /// Lends the first `count` bytes of the buffer, and keeps what is not used.
    ///
    /// A handler set meanwhile gets its turn too.
    private func offer(_ connection: ConnectionHandle, _ count: Int) {
        let slot = connection.slot
        let socket = self.slab[slot].socketGeneration
        let isCiphered = self.slab[slot].flags.contains(.ciphered)
        var offset = 0
        while offset < count, let handler = self.slab[slot].handler {
            self.lent = (connection, offset, count, isOpened: isCiphered)
            let buffer = unsafe UnsafeMutableBufferPointer(start: self.receiveBuffer + offset, count: count - offset)
            var bytes = unsafe buffer.mutableSpan
            let used = handler.received(&bytes, on: connection)
            self.lent = nil
            guard self.slab.isOpen(connection), !self.slab[slot].flags.contains(.finishing) else { return }
            // What was not used moves with a socket that the handler took away.
            guard self.slab[slot].socketGeneration == socket else { return }
            precondition(used >= 0 && used <= count - offset, "a handler uses what it was lent")
            offset += used
            if !isCiphered, let socket = self.cipheredSocket(of: slot) {
                // It was set while these bytes were lent, so they are meant for it.
                let rest = unsafe UnsafeBufferPointer(start: self.receiveBuffer + offset, count: count - offset)
                unsafe socket.unopened = Array(rest)
                return self.offerAgain(connection)
            }
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
        unsafe self.keepUnread(Array(rest), at: slot)
    }

    /// The peer will send no more.
    ///
    /// - Parameter isCut: Whether a cipher was still waiting for the peer's goodbye.
    func inputEnded(_ connection: ConnectionHandle, isCut: Bool) {
        let slot = connection.slot
        self.slab[slot].flags.insert(.inputEnded)
        if self.slab[slot].flags.contains(.outputEnded) {
            return self.release(connection, self.endingOfPeer(slot))
        }
        self.updateInterest(slot)
        guard !self.slab[slot].flags.contains(.finishing), let handler = self.slab[slot].handler else { return }
        if isCut {
            handler.inputCut(connection)
        } else {
            handler.inputEnded(connection)
        }
    }
}

/// The result of one read.
enum Received {
    /// This many plain bytes; none if a cipher needs more, or has received the peer's goodbye.
    case bytes(Int)
    case nothing
    case end(isCut: Bool)
    case failed(errno: Int32)

    init(failure: Int) {
        self = EventLoop.isForLater(failure) ? .nothing : .failed(errno: Int32(-failure))
    }
}
