import Instruments
package import Messaging
package import Reactor
import Rooms

/// The two ends of a session: its goodbye, and the end of its socket.
extension Session {
    /// Leaves all rooms, counts and remembers; does nothing the second time.
    ///
    /// From here on the client is gone, though its last bytes are still to be written.
    ///
    /// - Parameter room: The room whose messages filled the queue of a slow consumer.
    package func sayGoodbye(_ ending: Ending, room: RoomName? = nil) {
        guard self.state.isLive else { return }
        self.state = .sayingGoodbye
        self.waiting = nil
        // Read once: each read costs a retain that has to check whether the registry still exists.
        let registry = self.registry
        let lived = registry.loop.now - self.openedAt
        self.lastWords = self.words(on: ending, after: lived, room: room)
        for subscription in self.subscriptions.all {
            registry.shard.leave(subscription)
        }
        self.subscriptions = SubscriptionList()
        if let user = self.identity.user {
            registry.users.leave(user, isAnonymous: self.identity.isAnonymous)
            self.rememberEnd(ending, of: user)
        }
        registry.saidGoodbye(self, ending, after: lived)
    }

    /// The socket is gone: the last call, after the goodbye.
    ///
    /// - Parameter final: The connection's final counters.
    package func closed(_ final: ConnectionCounters) {
        precondition(!self.state.isLive, "a session says goodbye before its socket is gone")
        self.state = .closed
        self.registry.forget(self)
        self.logClosed(final)
    }
}
