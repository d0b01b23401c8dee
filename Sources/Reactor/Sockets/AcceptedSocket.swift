/// A connection that came in, as shown to the one who decides whether to take it.
package struct AcceptedSocket {
    /// Valid already: its timer may be set at once.
    package let connection: ConnectionHandle
    package let peer: SocketAddress
}

/// Why connections could not be taken, reported once a pause.
package struct AcceptFailure: Sendable, Equatable {
    /// EMFILE, ENFILE, ENOBUFS or ENOMEM; 0 where the loop has as many connections as it may have.
    package let errno: Int32
    /// How many were taken and closed at once, so that their clients know.
    package let shed: Int
    /// For how long the listener rests now.
    package let pausedFor: Duration
}
