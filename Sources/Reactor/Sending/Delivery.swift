/// A batch and who gets it.
package struct Delivery {
    package let batch: SendBatch
    /// Each at most once.
    ///
    /// In the order of their slots memory is walked forwards.
    package let members: [ConnectionHandle]
    /// Names the room in the endings of slow consumers.
    package let source: UInt32
    /// Frames that one member does not get, in the order of frames: its own messages, where it wants no echo.
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
