package import Instruments

// What passes over all connections read, place by place. Inside.
extension EventLoop {
    /// What has passed over the client in a place of the slab; `nil` if nobody is there.
    ///
    /// Everything it reads stands side by side in memory, since a pass looks at every place.
    package func traffic(inSlot slot: Int) -> Traffic? {
        guard slot < self.slab.used, self.slab[UInt32(slot)].flags.contains(.open) else { return nil }
        var traffic = Traffic()
        traffic.messagesReceived = self.slab[UInt32(slot)].messagesReceived
        traffic.messagesSent = self.slab[UInt32(slot)].messagesSent
        traffic.dropped = UInt64(self.slab[UInt32(slot)].dropped)
        traffic.bytesReceived = self.slab[UInt32(slot)].bytesReceived
        traffic.bytesSent = self.slab[UInt32(slot)].bytesSent
        return traffic
    }

    /// What waits to be sent to a client.
    package struct Waiting: Sendable, Equatable {
        package let bytes: Int
        /// Frames, replies included.
        package let messages: Int
        /// Since when the first of them has been waiting.
        package let since: Instant?
    }

    /// Whether anything waits to be sent to a client.
    package func hasQueue(_ connection: ConnectionHandle) -> Bool {
        self.slab.isOpen(connection) && self.slab[connection.slot].queue != nil
    }

    /// `nil` for a stale handle.
    package func waiting(for connection: ConnectionHandle) -> Waiting? {
        self.assertInside()
        guard self.slab.isOpen(connection) else { return nil }
        guard let queue = self.slab[connection.slot].queue else { return Waiting(bytes: 0, messages: 0, since: nil) }
        return Waiting(
            bytes: queue.bytes,
            messages: queue.frameCount,
            since: (queue.oldest?.since).map(Instant.init(nanoseconds:))
        )
    }
}
