import Messaging
import Reactor

/// Those members of a room on one event loop that get the same bytes, and what this tick has for them.
final class Audience {
    let encoding: MessageEncoding
    /// Whether members that join with the same encoding are added here; otherwise it belongs to one member.
    let isShared: Bool
    // The room owns its audiences, and exists as long as it has a member.
    unowned let room: LocalRoom
    /// Its index in the room's list of its kind.
    var place: Int
    /// In memory order, since fan-out walks through them; `subscriptions` has the same order.
    private(set) var members: [ConnectionHandle] = []
    private var subscriptions: [Subscription] = []
    /// The frames of this tick, if there are any.
    private(set) var batch: SendBatch?
    /// Publishers that asked for no echo, each with its own frame.
    private var exclusions: [(ConnectionHandle, frame: Int)] = []

    init(of room: LocalRoom, _ encoding: MessageEncoding, isShared: Bool, place: Int) {
        self.room = room
        self.encoding = encoding
        self.isShared = isShared
        self.place = place
    }

    func add(_ member: ConnectionHandle, at seconds: UInt32) -> Subscription {
        let subscription = Subscription(
            member: member,
            audience: self,
            index: self.members.count,
            joinedAt: seconds
        )
        self.members.append(member)
        self.subscriptions.append(subscription)
        return subscription
    }

    /// Moves the last member into the place that becomes free.
    func remove(_ subscription: Subscription) {
        let last = self.members.count - 1
        let index = Int(subscription.index)
        self.members.swapAt(index, last)
        self.subscriptions.swapAt(index, last)
        self.subscriptions[index].index = subscription.index
        self.members.removeLast()
        self.subscriptions.removeLast()
    }

    /// Recipients of frames that wait for the end of the tick.
    var unsent: UInt64 {
        UInt64((self.batch?.frameCount ?? 0) * self.members.count)
    }

    // MARK: - A tick's frames

    /// The batch to which the next frame is added.
    ///
    /// - Parameters:
    ///   - excluded: The member that does not get that frame.
    ///   - fresh: The batch to use if the tick has no frame yet.
    func openBatch(excluding excluded: ConnectionHandle?, _ fresh: () -> SendBatch) -> SendBatch {
        let batch = self.batch ?? fresh()
        self.batch = batch
        if let excluded {
            self.exclusions.append((excluded, frame: batch.frameCount))
        }
        return batch
    }

    /// Returns what the tick has for the members, and leaves nothing.
    func takeDelivery() -> Delivery? {
        guard let batch = self.batch else { return nil }
        self.batch = nil
        let exclusions = self.exclusions
        self.exclusions.removeAll(keepingCapacity: !exclusions.isEmpty)
        return Delivery(batch: batch, members: self.members, source: self.room.source, exclusions: exclusions)
    }
}
