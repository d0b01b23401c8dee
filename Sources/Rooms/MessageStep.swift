package import Instruments
package import Messaging
package import Reactor

/// One thing that happened to one message on one event loop.
package enum MessageStep: Sendable {
    /// The broker took it; `nil` where no connection published it.
    case accepted(MessageID, RoomName, from: ConnectionHandle?)
    /// It goes to so many members.
    case fannedOut(MessageID, RoomName, from: UserID?, recipients: Int)
    /// It waits in a member's send queue.
    case queued(MessageID, RoomName, ConnectionHandle)
    case settled(MessageID, RoomName, ConnectionHandle, DeliveryOutcome)
}
