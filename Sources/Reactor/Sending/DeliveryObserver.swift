package import Instruments

/// Is told what becomes of room frames that are not written in the turn in which they are delivered.
///
/// For each frame and member it is told at most that the frame waits, and then its one outcome. If it has not been told
/// anything by the time `deliver` returns, the frame was written at once. An observer must neither send nor close.
package protocol DeliveryObserver: AnyObject {
    /// The frames are in the member's send queue: pending until `settled` is called for them.
    func queued(_ frames: FramePiece, for member: ConnectionHandle, at time: Instant)

    /// The frames have this final outcome.
    ///
    /// - Parameters:
    ///   - member: The member as delivered to; its handle may be stale.
    ///   - time: The beginning of the tick in which it happened.
    func settled(_ frames: FramePiece, for member: ConnectionHandle, as outcome: DeliveryOutcome, at time: Instant)
}
