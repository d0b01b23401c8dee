package import Messaging
package import Reactor

/// One connection's membership in one room with one encoding; knows its place among the members, so that leaving is
/// O(1).
package final class Subscription {
    package let member: ConnectionHandle
    // The audience owns its memberships, and stays as long as it has one.
    unowned let audience: Audience
    // Two halves of a word, since there are as many of these as there are memberships.
    var index: UInt32
    /// Seconds since 1970.
    package let joinedAt: UInt32

    init(member: ConnectionHandle, audience: Audience, index: Int, joinedAt: UInt32) {
        self.member = member
        self.audience = audience
        self.index = UInt32(index)
        self.joinedAt = joinedAt
    }

    var room: LocalRoom { self.audience.room }

    package var roomName: RoomName { self.room.name }

    package var encoding: MessageEncoding { self.audience.encoding }
}

@available(*, unavailable) extension Subscription: Sendable {}
