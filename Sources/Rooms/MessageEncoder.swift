package import Messaging
package import Reactor

/// Turns a room's message into a finished frame, once for all members of an encoding.
package protocol MessageEncoder: AnyObject {
    /// Appends exactly one frame to the batch, with the message's number on this loop.
    func encode(_ message: Message, number: UInt64, as encoding: MessageEncoding, into batch: SendBatch)
}

/// What a shard tells about single connections.
package protocol RoomShardDelegate: AnyObject {
    func settled(_ receipt: PublicationReceipt, for connection: ConnectionHandle)
    /// Messages of the room arrive from now on, which is what the command waited for.
    func subscribed(_ connection: ConnectionHandle, _ answer: SubscriptionAnswer)
    /// The broker does not deliver the room, so the connection has to leave it; `answers` are those that waited.
    func refused(
        _ connection: ConnectionHandle,
        _ room: RoomName,
        _ refusal: Refusal,
        _ answers: [SubscriptionAnswer]
    )
    /// Whether it wants to hear about every message and every delivery; asked once.
    var watchesDeliveries: Bool { get }
    /// Called only if `watchesDeliveries` was true.
    func watched(_ step: MessageStep)
}

extension RoomShardDelegate {
    package var watchesDeliveries: Bool { false }
    package func watched(_ step: MessageStep) {}
}
