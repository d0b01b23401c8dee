package import Settings

/// The settings for messages that clients may send.
package struct TransportSettings: Sendable {
    package let maximumMessageBytes: Int
    package let messageTimeout: Duration
    package let maximumJSONDepth: Int
    /// How long a peer may take to read its last bytes and our goodbye.
    package let closeTimeout: Duration

    package init(from settings: inout SettingsReader) {
        self.maximumMessageBytes = settings.size(
            "limits.messageBytes",
            default: 1 << 20,
            atLeast: 1,
            atMost: 64 << 20,
            "Largest message a client may send, all its fragments together."
        )
        self.messageTimeout = settings.duration(
            "limits.messageTimeout",
            default: .seconds(120),
            atLeast: .milliseconds(100),
            "How long a message may take from its first byte to its last; then the connection is closed with 1008."
        )
        self.maximumJSONDepth = settings.int(
            "limits.jsonDepth",
            default: 64,
            atLeast: 1,
            atMost: 128,
            "How deep a client's JSON may be nested."
        )
        self.closeTimeout = settings.duration(
            "limits.closeTimeout",
            default: .seconds(5),
            atLeast: .milliseconds(100),
            "How long a client may take to read its last bytes and answer a close before it is cut off."
        )
    }
}
