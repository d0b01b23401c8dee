import Instruments

// Frames of clients without a socket, which are written elsewhere. Inside.
extension EventLoop {
    /// Takes queued frames of a client that has no socket, to be written elsewhere: the oldest first, replies included.
    ///
    /// The frames stay pending: they count in the client's queue and in the shared budget, they age, and no policy
    /// drops them. Whoever takes a parcel ends it with `endParcel`. Several may be under way, and each is ended
    /// separately, in any order. A parcel that is never ended gets too old, like everything in a queue, and then its
    /// client is ended.
    ///
    /// - Parameter bytes: How many bytes of frames the parcel may hold. The first frame is taken whatever its size.
    /// - Returns: `nil` if nothing is queued that is not already under way, for a client that has a socket, and for a
    ///   stale handle.
    package func takeFrames(of client: ConnectionHandle, upTo bytes: Int) -> FrameParcel? {
        self.assertInside()
        guard self.slab.isOpen(client), !self.slab[client.slot].hasSocket else { return nil }
        guard let queue = self.slab[client.slot].queue else { return nil }
        var parcel = FrameParcel(client: client, number: self.backlog.lastParcel + 1)
        unsafe queue.takeParcel(parcel.number, upTo: bytes) { unsafe parcel.append($0) }
        guard parcel.frameCount > 0 else { return nil }
        self.backlog.lastParcel = parcel.number
        return parcel
    }

    /// Says what became of a parcel's frames.
    ///
    /// Written frames count like those that a socket took: in the outcomes, in the client's counters, and with the time
    /// they waited. The others count as closed before the write. Then the client's socket, if it got one meanwhile,
    /// continues with what follows, or the handler is told `drained`, or a client that is finishing ends.
    ///
    /// Calling it late is harmless: nothing happens if the client is gone, since its frames were counted as closed
    /// before the write when it ended, or if the parcel was already ended.
    ///
    /// - Parameter written: Whether the kernel took the last byte of whatever contained the frames.
    package func endParcel(_ parcel: FrameParcel, written: Bool) {
        self.assertInside()
        let client = parcel.client
        guard self.slab.isOpen(client), let queue = self.slab[client.slot].queue else { return }
        let before = queue.bytes
        let isKnown = queue.endParcel(parcel.number) { frames, since in
            if written {
                self.settleWaited(frames, since: since, of: client)
            } else {
                self.settle(frames, of: client, as: .closedBeforeWrite)
            }
        }
        guard isKnown else { return }
        self.queuedChanged(by: queue.bytes - before)
        if written {
            self.slab[client.slot].bytesSent += UInt64(before - queue.bytes)
        }
        if queue.isEmpty {
            self.closeQueue(client.slot, queue)
            self.noteDropsOver(queue, of: client)
            self.emptied(client, hadFrames: true)
        } else {
            self.updateInterest(client.slot)
        }
    }
}
