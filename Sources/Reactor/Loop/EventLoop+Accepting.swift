import CLinux

// Incoming connections. Inside.
extension EventLoop {
    private static let acceptsPerTick = 64
    private static let backlogLength: Int32 = 4096
    private static let shedAtOnce = 16
    private static let restAfterFailure = Duration.milliseconds(100)

    /// Takes connections from a socket of a `ListeningPort`.
    ///
    /// - Parameters:
    ///   - failed: Called when no connection can be taken, once for each pause that the listener makes.
    ///   - accept: Decides about each connection; `nil` closes it, without any further call.
    package func listen(
        _ socket: consuming ListeningSocket,
        failed: ((AcceptFailure) -> Void)? = nil,
        accept: @escaping (AcceptedSocket) -> (any SocketHandler)?
    ) throws(ReactorError) {
        self.assertInside()
        let descriptor = socket.descriptor.number
        let lowWater = Int32(self.configuration.notSentLowWater)
        let result = linux_start_listening(descriptor, EventLoop.backlogLength, lowWater)
        guard result >= 0 else { throw .system(call: "listen", errno: -result) }
        self.accepting.lastListener += 1
        let number = self.accepting.lastListener
        try self.poller.add(
            descriptor,
            Poller.readable,
            for: .listener(number: number)
        )
        self.accepting.listeners[number] = Listener(descriptor: socket.descriptor, accept: accept, failed: failed)
        self.fillSpare()
    }

    /// Closes the listening sockets; connections stay.
    package func stopListening() {
        self.assertInside()
        self.accepting.listeners = [:]
    }

    /// Takes what is waiting, up to a bound; the rest is taken in the next tick.
    func acceptWaiting(at number: UInt32) {
        guard let listener = self.accepting.listeners[number] else { return }
        for _ in 0..<EventLoop.acceptsPerTick {
            // Places closed in this tick are free in the next, so new connections are not refused.
            guard !self.slab.isFull || self.slab.closed == 0 else { return }
            var peer = linux_address()
            let descriptor = unsafe linux_accept(listener.descriptor.number, &peer)
            if descriptor < 0 {
                switch -descriptor {
                case EMFILE, ENFILE:
                    return self.rest(number, listener, errno: -descriptor, shed: self.shedWaiting(listener))
                case ENOBUFS, ENOMEM:
                    return self.rest(number, listener, errno: -descriptor, shed: 0)
                case EAGAIN:
                    return
                default:
                    // This one was gone before it was accepted (accept(2), "Error handling").
                    continue
                }
            }
            guard descriptor < self.accepting.ceiling else {
                return self.turnAway(descriptor, number, listener)
            }
            guard let connection = self.register(descriptor) else {
                _ = linux_close(descriptor)
                return self.rest(number, listener, errno: 0, shed: 1)
            }
            self.accepting.accepted += 1
            self.introduce(AcceptedSocket(connection: connection, peer: SocketAddress(peer)), to: listener)
            guard self.accepting.listeners[number] != nil else { return }
        }
    }

    private func introduce(_ socket: AcceptedSocket, to listener: Listener) {
        let handler = listener.accept(socket)
        let connection = socket.connection
        if let handler, self.slab.isOpen(connection) {
            self.slab[connection.slot].handler = handler
        } else if let handler {
            // Closed while `accept` was deciding.
            if let place = self.calls.endings.lastIndex(where: { $0.connection == connection }) {
                self.calls.endings[place].handler = handler
            }
        } else if self.slab.isOpen(connection) {
            self.accepting.refused += 1
            self.flushHeld(of: connection)
            if self.slab.isOpen(connection) {
                self.release(connection, .local)
            }
        }
    }

    /// Gives a descriptor a place in the slab and has epoll watch it; `nil` if there is no place, or epoll refuses.
    func register(_ descriptor: Int32) -> ConnectionHandle? {
        guard self.mayOpen, let connection = self.slab.open(at: self.time) else { return nil }
        guard self.watch(descriptor, as: connection.slot) else {
            self.slab.close(connection.slot)
            self.slab.free(connection.slot)
            return nil
        }
        return connection
    }

    /// Makes a descriptor the socket of the client in `slot`; `false` if epoll refuses it.
    func watch(_ descriptor: Int32, as slot: UInt32) -> Bool {
        let source = EventSource.socket(slot: slot, generation: self.slab[slot].socketGeneration)
        do throws(ReactorError) {
            try self.poller.add(descriptor, Poller.readable, for: source)
        } catch {
            return false
        }
        self.slab[slot].setSocket(descriptor, interest: Poller.readable)
        return true
    }

    /// Closes a connection that got one of the descriptors that are kept back.
    ///
    /// Some more of those who wait are closed too, so that their clients know. Then the listener pauses.
    private func turnAway(_ descriptor: Int32, _ number: UInt32, _ listener: Listener) {
        _ = linux_close(descriptor)
        var shed = 1
        var peer = linux_address()
        while shed < EventLoop.shedAtOnce {
            let next = unsafe linux_accept(listener.descriptor.number, &peer)
            guard next >= 0 else { break }
            _ = linux_close(next)
            shed += 1
        }
        self.rest(number, listener, errno: EMFILE, shed: shed)
    }

    /// Closes some of those who wait, by means of the spare descriptor, so that their clients know.
    ///
    /// - Returns: How many.
    private func shedWaiting(_ listener: Listener) -> Int {
        var shed = 0
        while shed < EventLoop.shedAtOnce, self.accepting.spare >= 0 {
            _ = linux_close(exchange(&self.accepting.spare, with: -1))
            var peer = linux_address()
            let descriptor = unsafe linux_accept(listener.descriptor.number, &peer)
            if descriptor >= 0 {
                _ = linux_close(descriptor)
                shed += 1
            }
            self.fillSpare()
            if descriptor < 0 {
                break
            }
        }
        return shed
    }

    /// Looks away from a listener for a moment: while nothing can be taken it would stay readable for ever.
    private func rest(_ number: UInt32, _ listener: Listener, errno: Int32, shed: Int) {
        self.accepting.refused += UInt64(shed)
        self.accepting.failures += 1
        self.poller.change(listener.descriptor.number, 0, for: .listener(number: number))
        _ = self.schedule(after: EventLoop.restAfterFailure) { [unowned self] in
            guard let listener = self.accepting.listeners[number] else { return }
            self.fillSpare()
            self.poller.change(listener.descriptor.number, Poller.readable, for: .listener(number: number))
        }
        listener.failed?(AcceptFailure(errno: errno, shed: shed, pausedFor: EventLoop.restAfterFailure))
    }

    private func fillSpare() {
        if self.accepting.spare < 0 {
            self.accepting.spare = linux_spare_descriptor()
        }
    }
}
