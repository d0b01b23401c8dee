import Instruments

// What becomes of room frames that are not written at once is counted and reported here. Inside.
extension EventLoop {
    /// Reports every outcome but "written at once" to `observer`; set once, kept for the loop's life.
    package func observeDeliveries(_ observer: any DeliveryObserver) {
        self.assertInside()
        precondition(self.deliveryObserver == nil, "a loop has one observer of deliveries")
        self.deliveryObserver = observer
    }

    /// Every outcome of a room frame is counted here, except for frames written in the turn in which they were
    /// delivered: those are counted in bulk by `SendTally.countWritten`, and not reported.
    func settle(_ frames: FramePiece, of member: ConnectionHandle, as outcome: DeliveryOutcome) {
        guard frames.lane != 0, frames.count > 0 else { return }
        switch outcome {
        case .written:
            self.tally.countWritten(frames.count, of: frames.lane, payloadBytes: frames.payloadBytes)
            self.slab[member.slot].messagesSent += UInt64(frames.count)
        case .droppedSlowConsumer:
            self.tally.count(frames.count, of: frames.lane, as: outcome)
            self.slab[member.slot].dropped &+= UInt32(frames.count)
        case .closedBeforeWrite, .writeError, .senderExcluded, .filtered:
            self.tally.count(frames.count, of: frames.lane, as: outcome)
        }
        self.deliveryObserver?.settled(frames, for: member, as: outcome, at: self.now)
    }

    /// From here on these room frames wait: they are pending.
    func tellQueued(_ frames: FramePiece, of member: ConnectionHandle) {
        guard frames.lane != 0, frames.count > 0 else { return }
        self.deliveryObserver?.queued(frames, for: member, at: self.now)
    }
}
