import CLinux

// Connections with a cipher: adding it, sending what it writes, opening what comes in. Inside.
extension EventLoop {
    /// From here on, seals everything that is sent on a connection, and opens everything that comes in.
    ///
    /// Unused input counts as sealed, also the rest of what `received` was just lent. Nothing may be queued, and the
    /// connection must not have a cipher yet.
    package func setCipher(_ cipher: any Cipher, of connection: ConnectionHandle) {
        self.assertInside()
        self.flushHeld(of: connection)
        guard self.hasSocket(connection) else { return }
        let slot = connection.slot
        precondition(self.slab[slot].queue == nil, "what is queued would be sealed")
        let socket = CipheredSocket(cipher)
        socket.unopened = self.keepUnread([], at: slot)
        self.putCipher(socket, at: slot)
        if !self.slab[slot].flags.contains(.connecting) {
            self.beginCipher(connection)
        }
        if self.slab.isOpen(connection) {
            self.offerAgain(connection)
        }
    }

    /// The cipher of the socket in `slot`; checks the record first, which is likely in the cache.
    @inline(__always)
    func cipheredSocket(of slot: UInt32) -> CipheredSocket? {
        self.slab[slot].flags.contains(.ciphered) ? self.ciphers.socket(at: slot) : nil
    }

    func putCipher(_ socket: CipheredSocket, at slot: UInt32) {
        precondition(!self.slab[slot].flags.contains(.ciphered), "a connection has one cipher")
        self.ciphers.set(socket, at: slot)
        self.slab[slot].flags.insert(.ciphered)
        self.slab[slot].updateReady()
    }

    /// The connection is established.
    func beginCipher(_ connection: ConnectionHandle) {
        guard let cipher = self.cipheredSocket(of: connection.slot)?.cipher else { return }
        unsafe self.say(self.ciphers.room.fill(CipherRoom.saidBytes) { cipher.begin(saying: &$0) }, on: connection)
    }

    /// Takes the cipher away from a connection whose socket is leaving.
    func takeCipher(of slot: UInt32) -> CipheredSocket? {
        self.slab[slot].flags.remove(.ciphered) == nil ? nil : self.ciphers.remove(at: slot)
    }

    /// Queues what another loop has sealed but not sent.
    func queueSealed(_ bytes: [UInt8], of slot: UInt32) {
        guard !bytes.isEmpty else { return }
        self.openQueue(slot).append(said: bytes.span)
        self.queuedChanged(by: bytes.count)
        self.updateInterest(slot)
    }

    // MARK: saying

    /// Sends what the cipher has written, after what is already sealed.
    ///
    /// - Parameter isGoodbye: A peer that has closed cannot receive it; that says nothing of how the connection ended.
    func say(_ said: UnsafeBufferPointer<UInt8>, on connection: ConnectionHandle, isGoodbye: Bool = false) {
        let slot = connection.slot
        guard !said.isEmpty else { return }
        var taken = 0
        if self.slab[slot].queue?.sealed.isEmpty ?? true {
            taken = unsafe self.writeSealed(said, to: slot)
            guard taken >= 0 || EventLoop.isForLater(taken) else {
                return isGoodbye ? () : self.release(connection, .failure(Int32(-taken)))
            }
            taken = max(0, taken)
        }
        guard taken < said.count else { return }
        let queue = self.openQueue(slot)
        let rest = unsafe UnsafeBufferPointer(rebasing: said[taken...])
        unsafe queue.append(said: rest.span)
        self.queuedChanged(by: rest.count)
        if queue.sealed.count > CipherRoom.saidBytes + CipherRoom.sealedRecordBytes {
            return self.release(connection, .slowConsumer(source: 0))
        }
        self.updateInterest(slot)
    }

    /// Makes the cipher say goodbye, once; `false` if that waits in the queue.
    func sayGoodbye(on connection: ConnectionHandle) -> Bool {
        let slot = connection.slot
        guard let socket = self.cipheredSocket(of: slot), !socket.hasSaidGoodbye else { return true }
        socket.hasSaidGoodbye = true
        let said = unsafe self.ciphers.room.fill(CipherRoom.saidBytes) { socket.cipher.sayGoodbye(&$0) }
        unsafe self.say(said, on: connection, isGoodbye: true)
        return self.slab.isOpen(connection) && self.slab[slot].queue == nil
    }

    // MARK: opening

    /// Reads sealed bytes and opens them after the first `kept` bytes of the loop's buffer.
    func receiveSealed(_ connection: ConnectionHandle, _ socket: CipheredSocket, behind kept: Int) -> Received {
        let slot = connection.slot
        guard socket.unopened.isEmpty else {
            return .bytes(self.openUnopened(of: connection, socket, behind: kept))
        }
        let space = min(self.configuration.receiveBufferBytes - kept, CipherRoom.receivedBytes)
        let received = unsafe self.ciphers.room.received
        let result = unsafe self.receiveBare(slot, received.baseAddress, space)
        guard result > 0 else {
            return result == 0 ? .end(isCut: socket.input == .open) : Received(failure: result)
        }
        let sealed = unsafe UnsafeBufferPointer(rebasing: received[..<result])
        return .bytes(unsafe self.open(sealed, of: connection, socket, behind: kept))
    }

    /// Opens bytes that were read before; returns how many plain ones now follow the first `kept` bytes of the buffer.
    func openUnopened(of connection: ConnectionHandle, _ socket: CipheredSocket, behind kept: Int) -> Int {
        let count = min(socket.unopened.count, self.configuration.receiveBufferBytes - kept)
        guard count > 0 else { return 0 }
        let sealed = exchange(&socket.unopened, with: [])
        socket.unopened = Array(sealed[count...])
        return unsafe sealed[..<count].withUnsafeBufferPointer { sealed in
            unsafe self.open(sealed, of: connection, socket, behind: kept)
        }
    }

    private func open(
        _ sealed: UnsafeBufferPointer<UInt8>,
        of connection: ConnectionHandle,
        _ socket: CipheredSocket,
        behind kept: Int
    ) -> Int {
        guard socket.input == .open else { return 0 }
        let space = unsafe UnsafeMutableBufferPointer(
            start: self.receiveBuffer + kept,
            count: sealed.count + CipherRoom.recordBytes
        )
        var plain = unsafe OutputSpan(buffer: space, initializedCount: 0)
        let said = unsafe self.ciphers.room.fill(CipherRoom.saidBytes) { output in
            unsafe socket.input = socket.cipher.open(sealed.span, into: &plain, saying: &output)
        }
        let count = unsafe plain.finalize(for: space)
        if !socket.hasSaidGoodbye {
            unsafe self.say(said, on: connection)
        }
        if self.slab.isOpen(connection), self.slab[connection.slot].queue != nil {
            // What was waiting for the handshake may go now.
            self.updateInterest(connection.slot)
        }
        return count
    }

    /// What was opened has been offered; continues with the end of input, or the failure, that came after it.
    func endOpened(_ connection: ConnectionHandle) {
        guard self.slab.isOpen(connection), let socket = self.cipheredSocket(of: connection.slot) else { return }
        let flags = self.slab[connection.slot].flags
        switch socket.input {
        case .open:
            break
        case .ended:
            let mayTell = !flags.contains(.isReadingPaused) || flags.contains(.finishing)
            if mayTell, flags.isDisjoint(with: [.inputEnded, .isOfferDue]) {
                self.inputEnded(connection, isCut: false)
            }
        case .failed:
            self.release(connection, .cipherFailed)
        }
    }
}
