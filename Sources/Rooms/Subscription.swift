package import Messaging
package import Reactor

/// One session's membership in one room; knows its place among the members, so that leaving is O(1).
package final class Subscription {
    package let member: ConnectionHandle
    package let lane: ProtocolName
    // The room owns its memberships, and stays as long as it has one.
    unowned let room: LocalRoom
    var index: Int

    init(member: ConnectionHandle, lane: ProtocolName, room: LocalRoom, index: Int) {
        self.member = member
        self.lane = lane
        self.room = room
        self.index = index
    }

    package var roomName: RoomName { self.room.name }
}

@available(*, unavailable) extension Subscription: Sendable {}
