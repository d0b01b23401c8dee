package import Instruments

/// Hears what becomes of room frames that are not written in the turn in which they are delivered.
///
/// Of each frame and member at most this is told: that it waits, and then its one outcome. A frame of which nothing is
/// told when `deliver` has returned was written at once. An observer may look, but neither send nor close.
package protocol DeliveryObserver: AnyObject {
    /// The frames stand in the member's send queue: pending until `settled` is told of them.
    func queued(_ frames: FramePiece, for member: ConnectionHandle, at time: Instant)

    /// The frames have this outcome, for good.
    ///
    /// - Parameters:
    ///   - member: As it was delivered to; the handle may be stale.
    ///   - time: When the tick began in which it happened.
    func settled(_ frames: FramePiece, for member: ConnectionHandle, as outcome: DeliveryOutcome, at time: Instant)
}
