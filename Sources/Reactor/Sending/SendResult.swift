/// What became of a reply.
package enum SendResult: Sendable, Equatable {
    /// The kernel has it, or it is held with the other replies of this callback until that returns: go on.
    case written
    /// It waits behind others; a stream should wait for `drained`.
    case queued
    /// It did not fit; `overflowed` follows before the tick ends.
    case overflowed
    /// The handle is stale, or our side of the connection is ending.
    case refused
    /// The kernel refused it; `closed` follows before the tick ends.
    case failed
}

/// Where a reply goes while others wait.
package enum SendPlacement: Sendable {
    case inOrder
    /// Right after the frame already begun: pings, and the close frame of a slow consumer.
    case next
}
