import CLinux

/// The configuration of a loop.
package struct EventLoopConfiguration: Sendable {
    /// The buffer lent to readers, which is also the most that is read from a connection at once.
    package var receiveBufferBytes: Int
    package var queue: SendQueueLimits
    /// How many unsent bytes the kernel may hold for a connection before it is not writable (`TCP_NOTSENT_LOWAT`).
    package var notSentLowWater: Int
    /// The bound shared with the other loops.
    package var totalQueue: QueueBudget?
    /// How many connections the loop may hold; a handle's slot is always below it.
    package var maximumConnections: Int

    /// How many of the process's descriptors the loop's listeners leave to others.
    package var descriptorsKeptBack: Int

    package init(
        receiveBufferBytes: Int = 256 * 1024,
        queue: SendQueueLimits = SendQueueLimits(),
        notSentLowWater: Int = 64 * 1024,
        totalQueue: QueueBudget? = nil,
        maximumConnections: Int? = nil,
        descriptorsKeptBack: Int = 0
    ) {
        self.receiveBufferBytes = receiveBufferBytes
        self.queue = queue
        self.notSentLowWater = notSentLowWater
        self.descriptorsKeptBack = descriptorsKeptBack
        self.totalQueue = totalQueue
        self.maximumConnections = maximumConnections ?? Int(min(linux_descriptor_limit(), 1 << 20))
    }
}
