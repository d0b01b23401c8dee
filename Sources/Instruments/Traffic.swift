/// What has passed over one connection, or over all connections of a user: totals that only grow.
package struct Traffic: Sendable, Equatable {
    /// Messages that the client published.
    package var messagesReceived: UInt64 = 0
    /// Room messages whose last byte the kernel has taken.
    package var messagesSent: UInt64 = 0
    /// Room messages dropped because they did not fit the send queue.
    package var dropped: UInt64 = 0
    /// All bytes read.
    package var bytesReceived: UInt64 = 0
    /// All bytes that the kernel has taken.
    package var bytesSent: UInt64 = 0
    /// How often the client came back.
    package var reconnects: UInt64 = 0
    /// TCP segments that the kernel sent again, as far as it was asked.
    package var retransmits: UInt64 = 0

    package init() {}

    package var isZero: Bool { self == Traffic() }

    package var bytes: UInt64 { self.bytesReceived &+ self.bytesSent }

    package static func += (left: inout Traffic, right: Traffic) {
        left.messagesReceived += right.messagesReceived
        left.messagesSent += right.messagesSent
        left.dropped += right.dropped
        left.bytesReceived += right.bytesReceived
        left.bytesSent += right.bytesSent
        left.reconnects += right.reconnects
        left.retransmits += right.retransmits
    }
}
