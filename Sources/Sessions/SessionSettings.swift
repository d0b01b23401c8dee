package import Settings

/// The settings for clients' sessions.
package struct SessionSettings: Sendable {
    package let heartbeatInterval: Duration
    package let heartbeatTimeout: Duration
    package let reconnectWindow: Duration
    package let maximumSubscriptions: Int

    package init(from settings: inout SettingsReader) {
        self.heartbeatInterval = settings.duration(
            "heartbeat.interval",
            default: .seconds(25),
            atLeast: .seconds(1),
            "How often each client is pinged."
        )
        self.heartbeatTimeout = settings.duration(
            "heartbeat.timeout",
            default: .seconds(20),
            atLeast: .seconds(1),
            "How long a client may take to answer a ping, or to send anything else, before its connection is closed."
        )
        self.reconnectWindow = settings.duration(
            "reconnect.window",
            default: .seconds(120),
            atLeast: .seconds(1),
            "How long after its end a connection can be resumed, and a user's return counts as a reconnect."
        )
        self.maximumSubscriptions = settings.int(
            "limits.subscriptions",
            default: 1000,
            atLeast: 1,
            "How many rooms one connection may be in."
        )
    }
}
