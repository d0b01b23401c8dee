/// What one client is told by itself: everything but the goodbye and room messages, which are encoded once for all.
package enum ServerEvent: Sendable {
    case welcome(Welcome)
    /// Answers `subscribe`; `recovered` is set if `since` was given.
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
    /// The secret with which this connection's chain can be continued.
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
