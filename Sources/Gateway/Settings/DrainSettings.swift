package import Settings

/// How the gateway lets its clients go.
package struct DrainSettings: Sendable {
    package let delay: Duration
    package let timeout: Duration

    package init(from settings: inout SettingsReader) {
        self.delay = settings.duration(
            "drain.delay",
            default: .seconds(5),
            "How long a draining instance is unready before it closes connections, so that load balancers notice."
        )
        self.timeout = settings.duration(
            "drain.timeout",
            default: .seconds(25),
            atLeast: .milliseconds(100),
            "How long a drain may take in total, including the delay; keep it below the pod's grace period."
        )
        if self.delay >= self.timeout {
            settings.refuse("drain.delay", "must be shorter than drain.timeout, which includes it")
        }
    }

    /// The time over which connections are closed: half of what is left, so that queues can still be flushed.
    var pace: Duration { (self.timeout - self.delay) / 2 }
}
