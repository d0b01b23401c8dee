import Glibc
package import Reactor

/// An event loop that turns only when the test says so, on the test's own thread, and the far ends of its connections.
package final class DrivenLoop {
    package let loop: EventLoop
    /// The far ends stay open as long as the loop, unless a test closes them.
    private var peers: [Peer] = []

    package init(_ configuration: EventLoopConfiguration = EventLoopConfiguration()) throws {
        self.loop = try EventLoop(index: 0, name: "test", configuration: configuration)
    }

    /// A connection over a socket pair; the kernel takes at most `sendBuffer` bytes on our side.
    ///
    /// With a cipher, the loop turns until it is ready, unless `isShaken` is `false`.
    package func connect(
        _ handler: any SocketHandler,
        sendBuffer: Int? = nil,
        wire: Wire = .plain,
        isShaken: Bool = true
    ) throws -> (connection: ConnectionHandle, peer: Peer) {
        var pair: [Int32] = [0, 0]
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &pair) == 0
        else {
            throw Failure.system(errno)
        }
        if let sendBuffer {
            var bytes = Int32(sendBuffer)
            unsafe setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        let peer = try Peer(descriptor: pair[1], wire: wire)
        guard let connection = self.loop.adopt(descriptor: pair[0], handler: handler) else { throw Failure.loopIsFull }
        self.peers.append(peer)
        let cipher = ToyCipher(.server)
        self.loop.setHandler(wire.prepare(connection, on: self.loop, cipher, for: handler), of: connection)
        if wire.isCiphered, isShaken {
            guard self.turn(until: { peer.receive() == [] && peer.cipher?.isWelcome == true }) else {
                throw Failure.notReady
            }
        }
        return (connection, peer)
    }

    /// Listens on a free port of 127.0.0.1.
    package func listen(
        wire: Wire = .plain,
        failed: ((AcceptFailure) -> Void)? = nil,
        accept: @escaping (AcceptedSocket) -> (any SocketHandler)?
    ) throws -> SocketAddress {
        var port = try ListeningPort.claim(host: "127.0.0.1", port: 0)
        let socket = try port.open()
        try self.loop.listen(socket, failed: failed) { [unowned loop] socket in
            guard let handler = accept(socket) else { return nil }
            return wire.prepare(socket.connection, on: loop, ToyCipher(.server), for: handler)
        }
        return port.address
    }

    /// Turns the loop until a condition holds; `false` if it does not within ten seconds.
    package func turn(until condition: () -> Bool) -> Bool {
        let deadline = ContinuousClock.now + .seconds(10)
        while !condition() {
            guard ContinuousClock.now < deadline else { return false }
            self.loop.runTick(waitingAtMost: .milliseconds(20))
        }
        return true
    }

    /// How many turns the loop takes in this time: few if nothing happens. (The kernel may end a wait early.)
    package func ticks(in time: Duration, until condition: () -> Bool = { false }) -> Int {
        let deadline = ContinuousClock.now + time
        var ticks = 0
        while ContinuousClock.now < deadline, !condition() {
            self.loop.runTick(waitingAtMost: deadline - ContinuousClock.now)
            ticks += 1
        }
        return ticks
    }

    /// Turns the loop this many times, without waiting.
    package func turn(times: Int = 1) {
        for _ in 0..<times {
            self.loop.runTick()
        }
    }

    /// Ends the loop, so that every handler is told.
    package func end() {
        self.loop.stop()
        self.loop.runTick()
    }
}

package enum Failure: Error {
    case system(Int32)
    case loopIsFull
    /// A handshake did not finish.
    case notReady
}
