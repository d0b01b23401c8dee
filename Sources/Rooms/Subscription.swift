package import Messaging
package import Reactor

/// One connection's membership in one room with one encoding; knows its place among the members, so that leaving is
/// O(1).
package final class Subscription {
    package let member: ConnectionHandle
    // The audience owns its memberships, and stays as long as it has one.
    unowned let audience: Audience
    var index: Int

    init(member: ConnectionHandle, audience: Audience, index: Int) {
        self.member = member
        self.audience = audience
        self.index = index
    }

    var room: LocalRoom { self.audience.room }

    package var roomName: RoomName { self.room.name }

    package var encoding: MessageEncoding { self.audience.encoding }
}

@available(*, unavailable) extension Subscription: Sendable {}
