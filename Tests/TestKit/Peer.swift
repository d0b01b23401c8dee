import Glibc
import Reactor

/// The test's end of a connection: a plain descriptor that never waits unless asked to.
package final class Peer {
    private var descriptor: Int32
    /// The cipher at this end, if there is one.
    package let cipher: ToyCipher?
    /// Sealed bytes that the kernel has not taken.
    private var unsent: [UInt8] = []

    /// Takes over a connected descriptor.
    package init(descriptor: Int32, wire: Wire = .plain) throws {
        self.descriptor = descriptor
        let cipher = ToyCipher(.client)
        self.cipher = wire.isCiphered ? cipher : nil
        let flags = fcntl(descriptor, F_GETFL)
        guard fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 else { throw Failure.system(errno) }
        self.sendSealed(wire.opening(cipher))
    }

    /// Connects to a listener on 127.0.0.1; its backlog accepts at once.
    package convenience init(to port: UInt16, receiveBuffer: Int? = nil, wire: Wire = .plain) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure.system(errno) }
        if let receiveBuffer {
            var bytes = Int32(receiveBuffer)
            unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe Glibc.connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            let failure = errno
            Glibc.close(descriptor)
            throw Failure.system(failure)
        }
        try self.init(descriptor: descriptor, wire: wire)
    }

    deinit {
        self.cut()
    }

    /// Writes as much as the kernel takes, and returns how much that was.
    ///
    /// With a cipher all of it is sealed, and what the kernel does not take is written by the next call of any kind.
    @discardableResult
    package func send(_ bytes: [UInt8]) -> Int {
        guard let cipher = self.cipher else { return self.sendBare(bytes) }
        self.sendSealed(cipher.seal(bytes))
        return bytes.count
    }

    /// Writes bytes that are already sealed.
    package func sendSealed(_ bytes: [UInt8]) {
        self.unsent += bytes
        self.unsent.removeFirst(self.sendBare(self.unsent))
    }

    private func sendBare(_ bytes: [UInt8]) -> Int {
        guard !bytes.isEmpty, self.descriptor >= 0 else { return 0 }
        let sent = unsafe bytes.withUnsafeBytes { bytes in
            unsafe Glibc.send(self.descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        }
        return max(0, sent)
    }

    @discardableResult
    package func send(_ text: String) -> Int {
        self.send(Array(text.utf8))
    }

    /// Everything that has arrived; `nil` if the other side has ended or reset and nothing is left.
    package func receive() -> [UInt8]? {
        self.sendSealed([])
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = unsafe recv(self.descriptor, &buffer, buffer.count, 0)
            if count > 0 {
                received += self.opened(Array(buffer.prefix(count)))
            } else if count < 0, errno == EAGAIN || errno == EWOULDBLOCK {
                return received.isEmpty && self.cipher?.hasHeardGoodbye == true ? nil : received
            } else {
                return received.isEmpty ? nil : received
            }
        }
    }

    /// At most this many of the bytes that have arrived; with a cipher, what was in them.
    package func receive(atMost limit: Int) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = unsafe recv(self.descriptor, &buffer, limit, 0)
        return self.opened(Array(buffer.prefix(max(0, count))))
    }

    private func opened(_ bytes: [UInt8]) -> [UInt8] {
        guard let cipher = self.cipher else { return bytes }
        let (plain, said, input) = cipher.open(bytes)
        precondition(input != .failed, "what arrives is what was sealed, in order")
        self.sendSealed(said)
        return plain
    }

    /// Everything until the other side ends; waits for it, within a limit.
    package func receiveAll(turning loop: DrivenLoop) -> [UInt8] {
        var received: [UInt8] = []
        _ = loop.turn {
            guard let more = self.receive() else { return true }
            received += more
            return false
        }
        return received
    }

    /// Says goodbye, sends a FIN and keeps reading.
    package func endOutput() {
        self.sayGoodbye()
        shutdown(self.descriptor, Int32(SHUT_WR))
    }

    package func sayGoodbye() {
        if let cipher = self.cipher {
            self.sendSealed(cipher.goodbye())
        }
    }

    /// Says goodbye and closes.
    package func close() {
        if self.descriptor >= 0 {
            self.sayGoodbye()
        }
        self.cut()
    }

    /// Closes without a goodbye.
    package func cut() {
        if self.descriptor >= 0 {
            Glibc.close(self.descriptor)
            self.descriptor = -1
        }
    }

    /// Closes a TCP connection by RST.
    package func reset() {
        var now = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(self.descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        self.cut()
    }

    /// Gives the descriptor away.
    package func release() -> Int32 {
        let descriptor = self.descriptor
        self.descriptor = -1
        return descriptor
    }
}
