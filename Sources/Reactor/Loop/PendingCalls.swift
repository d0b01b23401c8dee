/// Calls to handlers that have to wait until the current one returns.
struct PendingCalls {
    var endings: [PendingEnding] = []
    var overflows: [(connection: ConnectionHandle, ending: SocketEnding)] = []
    var drops: [(connection: ConnectionHandle, change: DropChange)] = []
    /// The connection whose `overflowed` is being called: it may still say something.
    var lastWords: ConnectionHandle?
    /// What `closed` will report for finishing connections, if that is not `.local`.
    var finishEndings: [UInt32: SocketEnding] = [:]
    /// Room for connections whose deadlines have passed.
    var due: [ConnectionHandle] = []
}

/// A connection that has ended, and whose place is free once its handler has been told.
struct PendingEnding {
    /// `nil` if nobody needs to be told.
    var handler: (any SocketHandler)?
    let connection: ConnectionHandle
    let ending: SocketEnding
    let counters: ConnectionCounters
}
