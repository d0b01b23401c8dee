import Instruments
package import Messaging
package import Reactor
import Rooms

/// What is known at the goodbye, for when the socket is gone.
///
/// An object, since a session has it only for a moment.
final class LastWords {
    let ending: Ending
    let lived: Duration
    /// Milliseconds since 1970.
    let at: UInt64
    /// The room whose messages filled the queue of a slow consumer.
    let room: RoomName?
    /// How many rooms it was in.
    let rooms: Int

    init(ending: Ending, lived: Duration, at: UInt64, room: RoomName?, rooms: Int) {
        self.ending = ending
        self.lived = lived
        self.at = at
        self.room = room
        self.rooms = rooms
    }
}

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
        self.lastWords = LastWords(
            ending: ending,
            lived: lived,
            at: registry.loop.wallNanoseconds / 1_000_000,
            room: room,
            rooms: self.subscriptions.count
        )
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
        self.registry.depart(self, final)
        if let words = self.lastWords.take() {
            self.registry.remember(self, final, words)
            self.logClosed(words, final)
        }
        self.registry.forget(self)
    }
}
