/// How often the clients of a protocol are pinged, and how long each may take to answer.
///
/// The same for all of them, so it is not kept with each heartbeat but handed to it.
package struct HeartbeatPace: Equatable, Sendable {
    package let interval: Duration
    package let timeout: Duration

    package init(interval: Duration, timeout: Duration) {
        self.interval = max(.zero, interval)
        self.timeout = max(.zero, timeout)
    }
}
