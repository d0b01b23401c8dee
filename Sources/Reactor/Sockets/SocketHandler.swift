/// What happens to one connection, told on its loop's thread by one call after the other.
///
/// Inside every call the handler may use the loop freely, also to close this or another connection: `closed` is never
/// called from within another call.
package protocol SocketHandler: AnyObject {
    /// An outgoing connection stands.
    func connected(_ connection: ConnectionHandle)

    /// Bytes came in; those not used last time come first.
    ///
    /// - Parameter bytes: The loop's own buffer, lent for this call; it may be changed in place.
    /// - Returns: How many bytes were used, from the front. The rest is kept, and comes again with the next bytes.
    func received(_ bytes: inout MutableSpan<UInt8>, on connection: ConnectionHandle) -> Int

    /// The peer will send no more. Ours can still be sent.
    func inputEnded(_ connection: ConnectionHandle)

    /// The peer's bytes ended without the goodbye of the connection's cipher, so somebody else may have cut them off.
    ///
    /// Otherwise like `inputEnded`, which is what happens where a handler does not tell them apart.
    func inputCut(_ connection: ConnectionHandle)

    /// The send queue became empty after it had not been.
    func drained(_ connection: ConnectionHandle)

    /// The connection's one deadline passed.
    func timerFired(_ connection: ConnectionHandle)

    /// The peer takes too little; what was queued and not begun is discarded and counted already.
    ///
    /// A last frame may be sent, `.next`. A handler that neither closes nor finishes is closed.
    func overflowed(_ connection: ConnectionHandle, _ ending: SocketEnding)

    /// The last call, exactly once; the handle is stale already.
    func closed(_ connection: ConnectionHandle, _ ending: SocketEnding, _ final: ConnectionCounters)
}

extension SocketHandler {
    package func connected(_ connection: ConnectionHandle) {}

    /// Sends what is queued and ends our side too.
    package func inputEnded(_ connection: ConnectionHandle) {
        EventLoop.current?.finish(connection, timeout: .seconds(5), ending: .peerClosed)
    }

    package func inputCut(_ connection: ConnectionHandle) {
        self.inputEnded(connection)
    }

    package func drained(_ connection: ConnectionHandle) {}

    package func timerFired(_ connection: ConnectionHandle) {}

    package func overflowed(_ connection: ConnectionHandle, _ ending: SocketEnding) {
        EventLoop.current?.close(connection, ending)
    }
}
