package import Reactor

/// How bytes get from one end of a connection to the other; the same tests must pass for all of them.
package enum Wire: CaseIterable, Sendable {
    case plain
    /// With a cipher from the first byte on.
    case ciphered
    /// With a cipher that is added after a first line, while the bytes after that line are already lent.
    case cipheredLate

    package var isCiphered: Bool {
        self != .plain
    }

    /// How many bytes the kernel sees when this many are sent at once.
    package func bytes(_ count: Int) -> Int {
        let records = (count + ToyCipher.largestRecord - 1) / ToyCipher.largestRecord
        return self.isCiphered ? count + records * ToyCipher.headerBytes : count
    }

    /// Sets a connection up this way, and returns the handler that it has from then on.
    package func prepare(
        _ connection: ConnectionHandle,
        on loop: EventLoop,
        _ cipher: ToyCipher,
        for handler: any SocketHandler
    ) -> any SocketHandler {
        switch self {
        case .plain:
            return handler
        case .ciphered:
            loop.setCipher(cipher, of: connection)
            return handler
        case .cipheredLate:
            return FirstLine(loop, cipher, handler)
        }
    }

    /// What the far end sends first.
    package func opening(_ cipher: ToyCipher) -> [UInt8] {
        switch self {
        case .plain: []
        case .ciphered: cipher.begin()
        case .cipheredLate: FirstLine.text + cipher.begin()
        }
    }
}

/// Reads one line, such as a proxy header, and then leaves the connection to a cipher and another handler.
private final class FirstLine: SocketHandler {
    static let text = Array("PROXY\n".utf8)

    // The loop holds it as the handler of a connection.
    private unowned let loop: EventLoop
    private let cipher: ToyCipher
    private let next: any SocketHandler

    init(_ loop: EventLoop, _ cipher: ToyCipher, _ next: any SocketHandler) {
        self.loop = loop
        self.cipher = cipher
        self.next = next
    }

    func received(_ bytes: inout MutableSpan<UInt8>, on connection: ConnectionHandle) -> Int {
        guard bytes.count >= FirstLine.text.count else { return 0 }
        self.loop.setCipher(self.cipher, of: connection)
        self.loop.setHandler(self.next, of: connection)
        return FirstLine.text.count
    }

    func closed(_ connection: ConnectionHandle, _ ending: SocketEnding, _ final: ConnectionCounters) {
        self.next.closed(connection, ending, final)
    }
}
