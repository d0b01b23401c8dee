package import Messaging
package import Reactor
import Rooms

/// A member of a room as operators see it.
package struct RoomMember: Sendable {
    package let connection: ConnectionID
    /// `nil` while it has no name.
    package let user: UserID?
    package let protocolName: ProtocolName
    /// Seconds since 1970.
    package let joinedAt: UInt32
}

extension SessionRegistry {
    /// Those of these connections that are in the room, in no time if they are a few hundred.
    package func members(_ handles: ArraySlice<ConnectionHandle>, of room: RoomName) -> [RoomMember] {
        handles.compactMap { handle in
            guard let session = self.session(of: handle), let joined = session.subscriptions[room] else { return nil }
            return RoomMember(
                connection: session.identity.connection,
                user: session.identity.user,
                protocolName: session.identity.protocolName,
                joinedAt: joined.joinedAt
            )
        }
    }
}
