import Instruments
import Messaging
import Reactor

/// One room on one event loop: its members, protocol by protocol, and what this tick has for them.
final class LocalRoom {
    /// The members that get the same bytes.
    struct Lane {
        /// In memory order, since fan-out walks them; `subscriptions` has the same order.
        var members: [ConnectionHandle] = []
        var subscriptions: [Subscription] = []
        /// The frames of this tick, while there are any.
        var batch: SendBatch?
        /// Publishers that asked for no echo, with the frame that is theirs.
        var exclusions: [(ConnectionHandle, frame: Int)] = []
    }

    let name: RoomName
    /// How the engine names this room in what it reports.
    let source: UInt32
    var lanes = PerCase<ProtocolName, Lane>(repeating: Lane())
    var memberCount = 0
    /// Has frames in some lane that were not handed to the engine yet.
    var isDirty = false
    /// The broker has said that messages of this room arrive.
    var isConfirmed = false
    /// Who waits to hear that.
    var waiting: [(ConnectionHandle, CommandID)] = []

    init(name: RoomName, source: UInt32) {
        self.name = name
        self.source = source
    }

    func add(_ member: ConnectionHandle, lane: ProtocolName) -> Subscription {
        let subscription = Subscription(
            member: member,
            lane: lane,
            room: self,
            index: self.lanes[lane].members.count
        )
        self.lanes[lane].members.append(member)
        self.lanes[lane].subscriptions.append(subscription)
        self.memberCount += 1
        return subscription
    }

    /// Moves the last member into the place that becomes free.
    func remove(_ subscription: Subscription) {
        let lane = subscription.lane
        let last = self.lanes[lane].members.count - 1
        self.lanes[lane].members.swapAt(subscription.index, last)
        self.lanes[lane].subscriptions.swapAt(subscription.index, last)
        self.lanes[lane].subscriptions[subscription.index].index = subscription.index
        self.lanes[lane].members.removeLast()
        self.lanes[lane].subscriptions.removeLast()
        self.memberCount -= 1
    }
}
