/// What happens when a frame does not fit a connection's send queue.
package enum SlowConsumerPolicy: String, CaseIterable, Sendable {
    /// The connection is ended.
    case close
    /// The frame is dropped.
    case dropNewest
    /// The oldest room frames that are not begun are dropped until it fits.
    case dropOldest
}

/// The bounds of one connection's send queue.
package struct SendQueueLimits: Sendable, Equatable {
    /// Checked before each frame is added: if nothing is queued, one frame of any size is taken, otherwise it must fit.
    package var bytes: Int
    /// How long the oldest frame may wait before the connection is ended.
    package var age: Duration
    package var policy: SlowConsumerPolicy

    package init(bytes: Int = 1 << 20, age: Duration = .seconds(30), policy: SlowConsumerPolicy = .close) {
        self.bytes = bytes
        self.age = age
        self.policy = policy
    }
}
