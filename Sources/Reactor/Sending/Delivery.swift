/// A batch and its recipients.
package struct Delivery {
    package let batch: SendBatch
    /// Each at most once.
    ///
    /// In slot order, so that memory is read forwards.
    package let members: [ConnectionHandle]
    /// Identifies the room if a recipient is closed as a slow consumer.
    package let source: UInt32
    /// Frames that one member does not get, in order: its own messages, if it wants no echo.
    package var exclusions: [(ConnectionHandle, frame: Int)]

    package init(
        batch: SendBatch,
        members: [ConnectionHandle],
        source: UInt32,
        exclusions: [(ConnectionHandle, frame: Int)] = []
    ) {
        self.batch = batch
        self.members = members
        self.source = source
        self.exclusions = exclusions
    }
}
