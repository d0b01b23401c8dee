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
            self.noteDropped(frames, of: member)
        case .closedBeforeWrite:
            self.tally.count(frames.count, of: frames.lane, as: outcome)
            if self.slab.isOpen(member) {
                self.slab[member.slot].countClosedBeforeWrite(frames.count)
            }
        case .writeError:
            self.tally.count(frames.count, of: frames.lane, as: outcome)
            if self.slab.isOpen(member) {
                self.slab[member.slot].countWriteErrors(frames.count)
            }
        case .senderExcluded, .filtered:
            self.tally.count(frames.count, of: frames.lane, as: outcome)
        }
        self.deliveryObserver?.settled(frames, for: member, as: outcome, at: self.now)
    }

    /// Has the handler hear of the first frame that a policy drops, where the connection stays.
    private func noteDropped(_ frames: FramePiece, of member: ConnectionHandle) {
        guard self.configuration.queue.policy != .close, let queue = self.slab[member.slot].queue else { return }
        guard queue.countDropped(frames.count, at: self.time) else { return }
        self.calls.drops.append((member, .began(source: frames.source)))
        self.hasPendingCalls = true
    }

    /// Has the handler hear that nothing is dropped any more: all that was queued is gone.
    func noteDropsOver(_ queue: SendQueue, of connection: ConnectionHandle) {
        guard queue.dropped > 0 else { return }
        let lasted = Duration.nanoseconds(self.time > queue.droppingSince ? self.time - queue.droppingSince : 0)
        self.calls.drops.append((connection, .ended(frames: queue.dropped, after: lasted)))
        self.hasPendingCalls = true
    }

    /// From here on these room frames wait: they are pending.
    func tellQueued(_ frames: FramePiece, of member: ConnectionHandle) {
        guard frames.lane != 0, frames.count > 0 else { return }
        self.deliveryObserver?.queued(frames, for: member, at: self.now)
    }
}
