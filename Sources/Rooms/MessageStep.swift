package import Instruments
package import Messaging
package import Reactor

/// One thing that happened to one message on one event loop.
package enum MessageStep: Sendable {
    /// The broker accepted it; `from` is `nil` if it was not published by a connection.
    case accepted(MessageID, RoomName, from: ConnectionHandle?)
    /// It is being sent to this many members.
    case fannedOut(MessageID, RoomName, from: UserID?, recipients: Int)
    /// It waits in a member's send queue.
    case queued(MessageID, RoomName, ConnectionHandle)
    /// Its outcome for one member is known.
    case settled(MessageID, RoomName, ConnectionHandle, DeliveryOutcome)
}
