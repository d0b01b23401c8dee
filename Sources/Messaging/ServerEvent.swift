/// What a client is told on its own: all but the messages of rooms, which are encoded once for
/// everybody, and the goodbye.
package enum ServerEvent: Sendable {
    case welcome(Welcome)
    /// To `subscribe`: `recovered` where `since` was given.
    case subscribed(CommandID, recovered: Bool?)
    case published(CommandID, MessageID)
    case done(CommandID)
    case failed(CommandID?, Refusal)
    case pong(CommandID?)
}

/// The first thing a native client is told.
package struct Welcome: Sendable {
    package let connection: ConnectionID
    package let user: UserID
    /// The secret that continues this connection's chain.
    package let resume: String
    package let resumed: Bool
    package let instance: String
    package let heartbeatMilliseconds: Int

    package init(
        connection: ConnectionID,
        user: UserID,
        resume: String,
        resumed: Bool,
        instance: String,
        heartbeatMilliseconds: Int
    ) {
        self.connection = connection
        self.user = user
        self.resume = resume
        self.resumed = resumed
        self.instance = instance
        self.heartbeatMilliseconds = heartbeatMilliseconds
    }
}
