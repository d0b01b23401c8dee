package import Instruments

/// The counters of one connection: plain numbers, copied from its loop's slab.
package struct ConnectionCounters: Sendable, Equatable {
    /// Room frames whose last byte the kernel has taken.
    package internal(set) var messagesSent: UInt64 = 0
    /// All bytes the kernel has taken.
    package internal(set) var bytesSent: UInt64 = 0
    /// As reported to `addReceived`.
    package internal(set) var messagesReceived: UInt64 = 0
    /// All bytes read.
    package internal(set) var bytesReceived: UInt64 = 0
    /// Room frames dropped because they did not fit the send queue.
    package internal(set) var dropped: UInt64 = 0
    /// Room frames that waited in the send queue when the connection ended.
    package internal(set) var closedBeforeWrite: UInt64 = 0
    /// Room frames that the kernel refused.
    package internal(set) var writeErrors: UInt64 = 0
    package internal(set) var queuedBytes: Int = 0
    /// Frames waiting, replies included.
    package internal(set) var queuedMessages: Int = 0
    package internal(set) var openedAt = Instant(nanoseconds: 0)
}
