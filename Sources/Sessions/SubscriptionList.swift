import Messaging
import Rooms

/// The rooms of one session.
///
/// Looked through while they are few, as they mostly are; found in a table when they are many, since a client may ask
/// for one room after the other as fast as it can write.
struct SubscriptionList {
    static let few = 16

    /// In the order in which they were joined.
    private(set) var all: [Subscription] = []
    private var byName: [RoomName: Subscription]?

    var count: Int { self.all.count }

    subscript(room: RoomName) -> Subscription? {
        if let byName = self.byName {
            return byName[room]
        }
        return self.all.first { $0.roomName == room }
    }

    /// Adds one whose room is not there yet.
    mutating func append(_ subscription: Subscription) {
        self.all.append(subscription)
        if self.byName != nil {
            self.byName?[subscription.roomName] = subscription
        } else if self.all.count > Self.few {
            self.byName = Dictionary(uniqueKeysWithValues: self.all.map { ($0.roomName, $0) })
        }
    }

    /// Removes the one of a room, and returns it.
    mutating func remove(_ room: RoomName) -> Subscription? {
        guard let subscription = self[room] else { return nil }
        self.all.removeAll { $0 === subscription }
        self.byName?[room] = nil
        if self.all.count <= Self.few / 2 {
            self.byName = nil
        }
        return subscription
    }
}
