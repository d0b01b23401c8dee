/// What became of a reply.
package enum SendResult: Sendable, Equatable {
    /// The kernel has it, or it is held together with this read's other replies until the callback returns: go on.
    case written
    /// It waits behind others; who streams waits for `drained`.
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
