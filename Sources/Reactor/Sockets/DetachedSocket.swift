/// A socket on its way from one loop to another, with its cipher, unused input and unsent replies.
///
/// It closes its descriptor if no loop adopts it.
package struct DetachedSocket: ~Copyable, Sendable {
    let descriptor: Descriptor
    let unread: [UInt8]
    let unsent: [UInt8]
    let cipher: CipheredSocket?
    let counters: ConnectionCounters
    /// The peer's address when it was detached.
    package let peer: SocketAddress

    init(
        descriptor: consuming Descriptor,
        unread: [UInt8],
        unsent: [UInt8],
        cipher: CipheredSocket?,
        counters: ConnectionCounters,
        peer: SocketAddress
    ) {
        self.descriptor = descriptor
        self.unread = unread
        self.unsent = unsent
        self.cipher = cipher
        self.counters = counters
        self.peer = peer
    }

    /// How many bytes the next handler will be offered first.
    package var unreadBytes: Int {
        self.unread.count
    }

    /// Gives the descriptor away.
    consuming func release() -> Int32 {
        self.descriptor.release()
    }
}
