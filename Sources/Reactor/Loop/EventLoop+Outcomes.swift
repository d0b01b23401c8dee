import Instruments

// What becomes of room frames that are not written at once: counted here, and told here. Inside.
extension EventLoop {
    /// Has `observer` hear of every outcome but "written at once"; set once, kept for the loop's life.
    package func observeDeliveries(_ observer: any DeliveryObserver) {
        self.assertInside()
        precondition(self.deliveryObserver == nil, "a loop has one observer of deliveries")
        self.deliveryObserver = observer
    }

    /// Every outcome of a room frame passes here, but for those written in the turn in which they were delivered: these
    /// are counted in bulk, by `SendTally.countWritten`, and nobody is told.
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

    /// Room frames wait from here on: they are pending.
    func tellQueued(_ frames: FramePiece, of member: ConnectionHandle) {
        guard frames.lane != 0, frames.count > 0 else { return }
        self.deliveryObserver?.queued(frames, for: member, at: self.now)
    }
}
