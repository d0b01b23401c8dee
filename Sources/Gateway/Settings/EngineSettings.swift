package import Reactor
package import Settings

/// What an operator says of the event loops and their send queues.
package struct EngineSettings: Sendable {
    package let loops: Int
    package let queueBytes: Int
    package let queueAge: Duration
    package let queuePolicy: SlowConsumerPolicy
    package let queueTotalBytes: Int

    package init(from settings: inout SettingsReader) {
        self.loops = settings.int(
            "engine.loops",
            default: MachineLimits.cores,
            shownDefault: "one per core",
            atLeast: 1,
            atMost: 64,
            "Event loops for client connections; the management listener has one of its own."
        )
        self.queueBytes = settings.size(
            "queue.bytes",
            default: 1 << 20,
            atLeast: 1,
            atMost: 1 << 30,
            "How much may wait for one slow client; checked before each message is queued."
        )
        self.queueAge = settings.duration(
            "queue.age",
            default: .seconds(30),
            atLeast: .milliseconds(100),
            "How long a message may wait for a slow client."
        )
        self.queuePolicy = settings.choice(
            "queue.policy",
            default: .close,
            "What happens when a message does not fit: close the connection, or drop the newest or the oldest message."
        )
        self.queueTotalBytes = settings.size(
            "queue.totalBytes",
            default: MachineLimits.memoryBytes / 4,
            shownDefault: "a quarter of the memory the process may use",
            atLeast: 1 << 20,
            "How much may wait for all clients and be kept of their unfinished messages; above it, the largest are closed."
        )
    }

    func loopConfiguration(budget: QueueBudget) -> EventLoopConfiguration {
        var configuration = EventLoopConfiguration()
        configuration.queue = SendQueueLimits(bytes: self.queueBytes, age: self.queueAge, policy: self.queuePolicy)
        configuration.totalQueue = budget
        configuration.descriptorsKeptBack = DescriptorShares.keptFromClients(of: ProcessLimits.descriptors)
        return configuration
    }
}
