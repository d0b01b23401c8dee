/// An incoming connection, as shown to the code that decides whether to take it.
package struct AcceptedSocket {
    /// Already valid: its timer may be set at once.
    package let connection: ConnectionHandle
    package let peer: SocketAddress
}

/// Why connections could not be taken, reported once per pause.
package struct AcceptFailure: Sendable, Equatable {
    /// EMFILE, ENFILE, ENOBUFS or ENOMEM; 0 if the loop has as many connections as it may have.
    package let errno: Int32
    /// How many were accepted and closed at once, so that their clients know.
    package let shed: Int
    /// How long the listener pauses now.
    package let pausedFor: Duration
}
