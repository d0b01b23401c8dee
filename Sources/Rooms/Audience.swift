import Messaging
import Reactor

/// Those members of a room on one event loop that get the same bytes, and what this tick has for them.
final class Audience {
    let encoding: MessageEncoding
    /// Whether members that join with the same encoding come here; otherwise it is one member's own.
    let isShared: Bool
    // The room owns its audiences, and stays as long as it has a member.
    unowned let room: LocalRoom
    /// Its place in the room's list of its kind.
    var place: Int
    /// In memory order, since fan-out walks them; `subscriptions` has the same order.
    private(set) var members: [ConnectionHandle] = []
    private var subscriptions: [Subscription] = []
    /// The frames of this tick, while there are any.
    private(set) var batch: SendBatch?
    /// Publishers that asked for no echo, with the frame that is theirs.
    private var exclusions: [(ConnectionHandle, frame: Int)] = []

    init(of room: LocalRoom, _ encoding: MessageEncoding, isShared: Bool, place: Int) {
        self.room = room
        self.encoding = encoding
        self.isShared = isShared
        self.place = place
    }

    func add(_ member: ConnectionHandle) -> Subscription {
        let subscription = Subscription(member: member, audience: self, index: self.members.count)
        self.members.append(member)
        self.subscriptions.append(subscription)
        return subscription
    }

    /// Moves the last member into the place that becomes free.
    func remove(_ subscription: Subscription) {
        let last = self.members.count - 1
        self.members.swapAt(subscription.index, last)
        self.subscriptions.swapAt(subscription.index, last)
        self.subscriptions[subscription.index].index = subscription.index
        self.members.removeLast()
        self.subscriptions.removeLast()
    }

    /// Recipients of frames that wait for the end of the tick.
    var unsent: UInt64 {
        UInt64((self.batch?.frameCount ?? 0) * self.members.count)
    }

    // MARK: - A tick's frames

    /// The batch that the next frame goes into.
    ///
    /// - Parameters:
    ///   - excluded: The member that does not get that frame.
    ///   - fresh: Where the tick has no frame yet.
    func openBatch(excluding excluded: ConnectionHandle?, _ fresh: () -> SendBatch) -> SendBatch {
        let batch = self.batch ?? fresh()
        self.batch = batch
        if let excluded {
            self.exclusions.append((excluded, frame: batch.frameCount))
        }
        return batch
    }

    /// What the tick has for the members, which then is nothing any more.
    func takeDelivery() -> Delivery? {
        guard let batch = self.batch else { return nil }
        self.batch = nil
        let exclusions = self.exclusions
        self.exclusions.removeAll(keepingCapacity: !exclusions.isEmpty)
        return Delivery(batch: batch, members: self.members, source: self.room.source, exclusions: exclusions)
    }
}
