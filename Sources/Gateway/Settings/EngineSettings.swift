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
            shownDefault: "one a core",
            atLeast: 1,
            atMost: 64,
            "Event loops that hold clients' connections; one more serves the management listener."
        )
        self.queueBytes = settings.size(
            "queue.bytes",
            default: 1 << 20,
            atLeast: 1,
            "What may wait for one slow client; asked before a message is added."
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
            "What a message that does not fit does: close the connection, or drop the newest or the oldest message."
        )
        self.queueTotalBytes = settings.size(
            "queue.totalBytes",
            default: MachineLimits.memoryBytes / 4,
            shownDefault: "a quarter of the memory the process may use",
            atLeast: 1 << 20,
            "What may wait for all slow clients together; past it those with the most waiting are closed."
        )
    }

    func loopConfiguration(budget: QueueBudget) -> EventLoopConfiguration {
        var configuration = EventLoopConfiguration()
        configuration.queue = SendQueueLimits(bytes: self.queueBytes, age: self.queueAge, policy: self.queuePolicy)
        configuration.totalQueue = budget
        return configuration
    }
}
