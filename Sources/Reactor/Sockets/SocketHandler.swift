/// What happens to one connection, in calls on its loop's thread, one after the other.
///
/// Inside every call the handler may use the loop freely, even to close this or another connection: `closed` is never
/// called from within another call.
package protocol SocketHandler: AnyObject {
    /// An outgoing connection is established.
    func connected(_ connection: ConnectionHandle)

    /// Bytes came in; those not used last time come first.
    ///
    /// - Parameter bytes: The loop's own buffer, lent for this call; it may be changed in place.
    /// - Returns: How many bytes were used, from the front. The rest is kept, and offered again with the next bytes.
    func received(_ bytes: inout MutableSpan<UInt8>, on connection: ConnectionHandle) -> Int

    /// The peer will send no more. We can still send.
    func inputEnded(_ connection: ConnectionHandle)

    /// The peer's bytes ended without a goodbye of the connection's cipher, so somebody else may have cut them off.
    ///
    /// Otherwise like `inputEnded`, which is called if a handler does not tell them apart.
    func inputCut(_ connection: ConnectionHandle)

    /// The send queue has become empty.
    func drained(_ connection: ConnectionHandle)

    /// Room frames began to be dropped because they do not fit the send queue, or that is over.
    ///
    /// Not called where the connection ends by that.
    func dropsChanged(_ connection: ConnectionHandle, _ change: DropChange)

    /// The connection's one deadline has passed.
    func timerFired(_ connection: ConnectionHandle)

    /// The peer reads too slowly; queued frames that were not begun are already discarded and counted.
    ///
    /// A last frame may be sent, `.next`. A handler that neither closes nor finishes is closed.
    func overflowed(_ connection: ConnectionHandle, _ ending: SocketEnding)

    /// The last call, made exactly once; the handle is already stale.
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

    package func dropsChanged(_ connection: ConnectionHandle, _ change: DropChange) {}

    package func timerFired(_ connection: ConnectionHandle) {}

    package func overflowed(_ connection: ConnectionHandle, _ ending: SocketEnding) {
        EventLoop.current?.close(connection, ending)
    }
}
