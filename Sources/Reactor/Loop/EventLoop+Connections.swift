import CLinux
package import Instruments

// Operations on one connection, given its handle. Inside; a stale handle is refused, never followed.
extension EventLoop {
    package func isOpen(_ connection: ConnectionHandle) -> Bool {
        self.assertInside()
        return self.slab.isOpen(connection)
    }

    /// Replaces the handler; the new one is immediately offered what the old one did not use.
    package func setHandler(_ handler: any SocketHandler, of connection: ConnectionHandle) {
        self.assertInside()
        guard self.slab.isOpen(connection) else { return }
        self.slab[connection.slot].handler = handler
        self.offerAgain(connection)
    }

    /// Closes now, without sending what is queued; `closed` is called before the tick ends.
    ///
    /// - Parameter byReset: What the kernel has taken but not sent yet is discarded too.
    package func close(_ connection: ConnectionHandle, _ ending: SocketEnding = .local, byReset: Bool = false) {
        self.assertInside()
        if !byReset {
            self.flushHeld(of: connection)
        }
        guard self.slab.isOpen(connection) else { return }
        if byReset {
            linux_reset_on_close(self.slab[connection.slot].descriptor)
        }
        self.release(connection, ending)
    }

    /// Sends what is queued, ends our side, and closes as soon as the peer has ended its side.
    ///
    /// Input is discarded from here on, and the loop takes over the connection's deadline.
    ///
    /// - Parameters:
    ///   - timeout: How long all of this may take; after that the connection is reset and `closed` is told `.timedOut`,
    ///     unless `ending` is more specific than `.local`.
    ///   - ending: What `closed` will be told.
    package func finish(_ connection: ConnectionHandle, timeout: Duration, ending: SocketEnding = .local) {
        self.assertInside()
        self.flushHeld(of: connection)
        guard self.slab.isOpen(connection) else { return }
        let slot = connection.slot
        guard !self.slab[slot].flags.contains(.finishing) else { return }
        guard !self.slab[slot].flags.contains(.connecting) else { return self.release(connection, ending) }
        self.slab[slot].flags.insert(.finishing)
        self.forgetKept(at: slot)
        self.slab[slot].updateReady()
        // What was read may include a cipher's handshake, for which the queue is waiting.
        self.offerAgain(connection)
        if ending != .local {
            self.calls.finishEndings[slot] = ending
        }
        self.wheel.set(slot, at: (self.now + timeout).nanoseconds, in: self.slab)
        if self.slab[slot].queue == nil {
            self.endOutput(connection)
        } else {
            self.updateInterest(slot)
        }
    }

    /// Sends the held replies of this callback, without waiting for it to return.
    ///
    /// - Returns: Whether the kernel has taken everything that was sent on the connection so far. If not, `drained` or
    ///   `closed` follows.
    package func flushReplies(of connection: ConnectionHandle) -> Bool {
        self.assertInside()
        self.flushHeld(of: connection)
        return self.slab.isOpen(connection) && self.slab[connection.slot].queue == nil
    }

    /// Stops reading from this connection until `resumeReading`; the kernel then makes its peer wait.
    package func pauseReading(_ connection: ConnectionHandle) {
        self.assertInside()
        guard self.slab.isOpen(connection) else { return }
        self.slab[connection.slot].flags.insert(.isReadingPaused)
        self.updateInterest(connection.slot)
    }

    /// Reads again; what was kept is offered before the tick ends, even if reading was not paused.
    package func resumeReading(_ connection: ConnectionHandle) {
        self.assertInside()
        guard self.slab.isOpen(connection) else { return }
        self.slab[connection.slot].flags.remove(.isReadingPaused)
        self.updateInterest(connection.slot)
        self.offerAgain(connection)
    }

    /// Sets, moves or removes the connection's one deadline.
    package func setTimer(_ connection: ConnectionHandle, at deadline: Instant?) {
        self.assertInside()
        guard self.slab.isOpen(connection) else { return }
        guard self.slab[connection.slot].flags.isDisjoint(with: [.connecting, .finishing]) else { return }
        self.wheel.set(connection.slot, at: deadline?.nanoseconds ?? TimerWheel.never, in: self.slab)
    }

    /// `nil` for a stale handle, and for a client without a socket.
    package func peerAddress(of connection: ConnectionHandle) -> SocketAddress? {
        self.assertInside()
        guard self.hasSocket(connection) else { return nil }
        var address = linux_address()
        let result = unsafe linux_peer_address(self.slab[connection.slot].descriptor, &address)
        return result < 0 ? nil : SocketAddress(address)
    }

    /// `nil` for a stale handle, a client without a socket, and a socket that is not TCP.
    package func tcpInfo(of connection: ConnectionHandle) -> TCPInfo? {
        self.assertInside()
        guard self.hasSocket(connection) else { return nil }
        var facts = linux_tcp_facts()
        guard unsafe linux_tcp_facts_of(self.slab[connection.slot].descriptor, &facts) == 0 else { return nil }
        return TCPInfo(facts)
    }

    package func counters(of connection: ConnectionHandle) -> ConnectionCounters? {
        self.assertInside()
        return self.slab.isOpen(connection) ? self.slab[connection.slot].counters : nil
    }

    /// Since when the oldest frame in its send queue has been waiting; `nil` if the queue is empty.
    package func queuedSince(of connection: ConnectionHandle) -> Instant? {
        self.assertInside()
        guard self.slab.isOpen(connection) else { return nil }
        return (self.slab[connection.slot].queue?.oldest?.since).map(Instant.init(nanoseconds:))
    }

    /// Adds to a connection's received messages, since only its protocol can tell messages from bytes.
    package func addReceived(messages: UInt32, to connection: ConnectionHandle) {
        self.assertInside()
        guard self.slab.isOpen(connection) else { return }
        self.slab[connection.slot].messagesReceived += UInt64(messages)
    }

    // MARK: inside the engine

    /// Makes epoll watch for exactly what can be used.
    func updateInterest(_ slot: UInt32) {
        guard self.slab[slot].hasSocket else { return }
        let flags = self.slab[slot].flags
        var wanted: UInt32 = 0
        if flags.contains(.connecting) {
            wanted = Poller.writable
        } else {
            let reads = !flags.contains(.isReadingPaused) || flags.contains(.finishing)
            if reads, !flags.contains(.inputEnded) {
                wanted |= Poller.readable
            }
            if let queue = self.slab[slot].queue, self.mayFlush(queue, slot) {
                wanted |= Poller.writable
            }
        }
        guard wanted != UInt32(self.slab[slot].interest) else { return }
        self.slab[slot].interest = UInt16(wanted)
        let source = EventSource.socket(slot: slot, generation: self.slab[slot].socketGeneration)
        self.poller.change(self.slab[slot].descriptor, wanted, for: source)
    }

    /// Whether any part of the queue can be written as soon as the kernel takes it.
    ///
    /// Frames cannot be written during a handshake, nor after a parcel that is under way.
    private func mayFlush(_ queue: SendQueue, _ slot: UInt32) -> Bool {
        let isReady = self.cipheredSocket(of: slot)?.cipher.isReady ?? true
        return !queue.sealed.isEmpty || isReady && !queue.hasParcels
    }

    func handleEvent(_ events: UInt32, of connection: ConnectionHandle) {
        let slot = connection.slot
        let socket = self.slab[slot].socketGeneration
        if self.slab[slot].flags.contains(.connecting) {
            return self.connectEnded(connection)
        }
        let isBroken = events & (Poller.hangUp | Poller.fault) != 0
        // The last bytes of a broken connection are still read; a failed write would discard them.
        if !isBroken, events & Poller.writable != 0, self.slab[slot].queue != nil {
            self.flush(connection)
            guard self.slab.owner(ofSocket: socket, in: slot) == connection else { return }
        }
        let flags = self.slab[slot].flags
        let mayRead = !flags.contains(.isReadingPaused) || flags.contains(.finishing)
        if isBroken, flags.contains(.inputEnded) || !mayRead {
            let error = linux_socket_error(self.slab[slot].descriptor)
            self.release(connection, error == 0 ? self.endingOfPeer(slot) : .failure(error))
        } else if mayRead, !flags.contains(.inputEnded), isBroken || events & Poller.readable != 0 {
            self.read(connection)
        }
        self.flushHeld()
    }

    func deadlinePassed(_ connection: ConnectionHandle) {
        let flags = self.slab[connection.slot].flags
        if flags.contains(.connecting) {
            self.release(connection, .timedOut)
        } else if flags.contains(.finishing) {
            let ending = self.calls.finishEndings[connection.slot] ?? .timedOut
            self.release(connection, ending, resets: true)
        } else {
            self.slab[connection.slot].handler?.timerFired(connection)
        }
    }

    /// What the handler is told when both sides have ended.
    func endingOfPeer(_ slot: UInt32) -> SocketEnding {
        guard self.slab[slot].flags.contains(.finishing) else { return .peerClosed }
        return self.calls.finishEndings[slot] ?? .local
    }

    /// Everything is flushed: ends our side, and the connection if the peer has already ended its side.
    func endOutput(_ connection: ConnectionHandle) {
        let slot = connection.slot
        guard self.sayGoodbye(on: connection) else { return }
        self.slab[slot].flags.insert(.outputEnded)
        if self.slab[slot].flags.contains(.inputEnded) || !self.slab[slot].hasSocket {
            return self.release(connection, self.endingOfPeer(slot))
        }
        let result = linux_end_output(self.slab[slot].descriptor)
        guard result >= 0 else { return self.release(connection, .reset) }
        self.updateInterest(slot)
    }

    /// Ends an open connection: counts what it did not send and closes its descriptor.
    ///
    /// Its handler is told `closed` before the tick ends; then its place is free.
    func release(_ connection: ConnectionHandle, _ ending: SocketEnding, resets: Bool = false) {
        let slot = connection.slot
        self.held.drop(of: connection)
        var counters = self.slab[slot].counters
        self.dropQueue(of: connection)
        counters.closedBeforeWrite = self.slab[slot].counters.closedBeforeWrite
        self.wheel.set(slot, at: TimerWheel.never, in: self.slab)
        self.calls.finishEndings[slot] = nil
        if self.slab[slot].hasSocket {
            let descriptor = self.slab[slot].descriptor
            // The kernel would keep what this peer does not take.
            if resets || ending.isOfSlowPeer {
                linux_reset_on_close(descriptor)
            }
            _ = linux_close(descriptor)
        }
        let handler = self.slab[slot].handler
        _ = self.takeCipher(of: slot)
        self.forgetKept(at: slot)
        self.slab.close(slot)
        self.calls.endings.append(
            PendingEnding(handler: handler, connection: connection, ending: ending, counters: counters)
        )
        self.hasPendingCalls = true
    }
}
