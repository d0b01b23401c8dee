import CLinux
import Instruments

// What the kernel does not take: the send queues and their bounds. Inside.
extension EventLoop {
    /// Adds room frames that the kernel did not take; each either fits or is handled by the policy.
    ///
    /// - Parameter begun: How many bytes of the first frame have been taken.
    func enqueue(_ piece: FramePiece, begun: Int = 0, to connection: ConnectionHandle) {
        guard piece.count > 0 else { return }
        let limit = self.configuration.queue.bytes
        let queue = self.openQueue(connection.slot)
        var left = piece
        let owed = queue.owed(of: piece, begun: begun)
        if owed > 0 {
            self.append(left.prefix(owed), begun: begun, to: queue, of: connection)
            left = left.dropFirst(owed)
        }
        if left.count > 0, queue.bytes + left.byteCount <= limit {
            return self.append(left, to: queue, of: connection)
        }
        while left.count > 0 {
            let next = left.prefix(1)
            left = left.dropFirst(1)
            let fits = queue.frameCount == 0 || queue.bytes + next.byteCount <= limit
            if fits || self.makesRoom(for: next, connection, queue) {
                self.append(next, to: queue, of: connection)
                continue
            }
            self.settle(next, of: connection, as: .droppedSlowConsumer)
            if self.configuration.queue.policy == .close {
                self.settle(left, of: connection, as: .closedBeforeWrite)
                return self.overflow(connection, .slowConsumer(source: piece.source))
            }
        }
    }

    private func append(_ piece: FramePiece, begun: Int = 0, to queue: SendQueue, of connection: ConnectionHandle) {
        queue.append(piece, begun: begun, since: self.time)
        self.queuedChanged(by: piece.byteCount - begun)
        self.tellQueued(piece, of: connection)
    }

    private func makesRoom(for piece: FramePiece, _ connection: ConnectionHandle, _ queue: SendQueue) -> Bool {
        let limit = self.configuration.queue.bytes
        return self.configuration.queue.policy == .dropOldest
            && self.displace(for: piece.byteCount, limit: limit, connection, queue)
    }

    /// Drops room frames by the policy; if that would not be enough, drops none and returns `false`.
    func displace(for bytes: Int, limit: Int, _ connection: ConnectionHandle, _ queue: SendQueue) -> Bool {
        let before = queue.bytes
        let isNewest = self.configuration.queue.policy == .dropNewest
        let isDone = queue.displace(for: bytes, limit: limit, newestFirst: isNewest) { dropped in
            self.settle(dropped, of: connection, as: .droppedSlowConsumer)
        }
        self.queuedChanged(by: queue.bytes - before)
        return isDone
    }

    // MARK: queues

    static func isForLater(_ result: Int) -> Bool {
        result == -Int(EAGAIN) || result == -Int(EINTR)
    }

    func queuedChanged(by bytes: Int) {
        self.backlog.bytes += bytes
        self.configuration.totalQueue?.add(bytes)
    }

    func openQueue(_ slot: UInt32) -> SendQueue {
        if let queue = self.slab[slot].queue {
            return queue
        }
        let queue = SendQueue(place: self.backlog.slots.count)
        self.backlog.slots.append(slot)
        self.slab[slot].queue = queue
        self.slab[slot].updateReady()
        self.updateInterest(slot)
        if self.backlog.nextUpkeep == .max {
            self.backlog.nextUpkeep = self.time + self.upkeepInterval
        }
        return queue
    }

    /// Removes an empty queue.
    func closeQueue(_ slot: UInt32, _ queue: SendQueue) {
        let last = self.backlog.slots.removeLast()
        if last != slot {
            self.backlog.slots[queue.place] = last
            self.slab[last].queue?.place = queue.place
        }
        self.slab[slot].queue = nil
        self.slab[slot].updateReady()
    }

    /// Drops everything queued for a connection that ends.
    func dropQueue(of connection: ConnectionHandle) {
        guard let queue = self.slab[connection.slot].queue else { return }
        self.queuedChanged(by: -queue.bytes)
        queue.discard(keepingBegun: false) { frames in
            self.settle(frames, of: connection, as: .closedBeforeWrite)
        }
        self.closeQueue(connection.slot, queue)
    }

    /// Writes as much as the socket takes now.
    func flush(_ connection: ConnectionHandle) {
        let slot = connection.slot
        guard let queue = self.slab[slot].queue, self.flushSealed(queue, of: connection) else { return }
        let limit = queue.hasParcels ? 0 : EventLoop.piecesAtOnce
        let count = unsafe queue.describe(self.pieces, limit: limit)
        let result = count == 0 ? 0 : unsafe self.write(self.pieces, count, to: slot)
        guard result >= 0 || EventLoop.isForLater(result) else {
            let tried = (0..<count).reduce(0) { unsafe $0 + self.pieces[$1].iov_len }
            return self.flushFailed(queue, of: connection, plainBytes: tried, errno: Int32(-result))
        }
        self.queuedChanged(by: -max(0, result))
        queue.take(max(0, result)) { frames, since in
            self.settleWaited(frames, since: since, of: connection)
        }
        if queue.isEmpty {
            self.closeQueue(slot, queue)
            self.noteDropsOver(queue, of: connection)
            self.emptied(connection, hadFrames: queue.hasHeldFrames)
        } else {
            self.updateInterest(slot)
        }
    }

    /// Writes what is sealed; `false` if some of it is left.
    private func flushSealed(_ queue: SendQueue, of connection: ConnectionHandle) -> Bool {
        let sealed = queue.sealed
        guard !sealed.isEmpty else { return true }
        let result = unsafe sealed.left.withUnsafeBufferPointer { unsafe self.writeSealed($0, to: connection.slot) }
        guard result >= 0 || EventLoop.isForLater(result) else {
            self.flushFailed(queue, of: connection, plainBytes: sealed.plain, errno: Int32(-result))
            return false
        }
        let before = queue.bytes
        queue.takeSealed(max(0, result)) { frames, since in
            self.settleWaited(frames, since: since, of: connection)
        }
        self.queuedChanged(by: queue.bytes - before)
        return result == sealed.count
    }

    private func flushFailed(_ queue: SendQueue, of connection: ConnectionHandle, plainBytes: Int, errno: Int32) {
        self.queuedChanged(by: -queue.bytes)
        queue.fail(bytes: plainBytes) { frames, outcome in
            self.settle(frames, of: connection, as: outcome)
        }
        self.closeQueue(connection.slot, queue)
        self.release(connection, .failure(errno))
    }

    /// Frames have left the queue because they were written.
    func settleWaited(_ frames: FramePiece, since: UInt64, of connection: ConnectionHandle) {
        guard frames.lane != 0 else { return }
        self.tally.observeAge(self.time > since ? self.time - since : 0, frames: frames.count)
        self.settle(frames, of: connection, as: .written)
    }

    /// Everything queued is gone, and so is the queue.
    ///
    /// - Parameter hadFrames: Whether it contained anything but the cipher's own bytes.
    func emptied(_ connection: ConnectionHandle, hadFrames: Bool) {
        self.updateInterest(connection.slot)
        if self.slab[connection.slot].flags.contains(.finishing) {
            self.endOutput(connection)
        } else if hadFrames {
            self.slab[connection.slot].handler?.drained(connection)
        }
    }

    // MARK: slow consumers

    /// The peer reads too slowly: everything that is neither begun nor in a parcel is dropped now, and its handler is
    /// told before the tick ends.
    func overflow(_ connection: ConnectionHandle, _ ending: SocketEnding) {
        let slot = connection.slot
        guard self.slab[slot].mayWrite else { return }
        self.slab[slot].flags.insert(.overflowed)
        self.slab[slot].updateReady()
        if let queue = self.slab[slot].queue {
            let before = queue.bytes
            queue.discard(keepingBegun: true) { frames in
                self.settle(frames, of: connection, as: .closedBeforeWrite)
            }
            self.queuedChanged(by: queue.bytes - before)
            if queue.isEmpty {
                self.closeQueue(slot, queue)
                self.updateInterest(slot)
            }
        }
        self.calls.overflows.append((connection, ending))
        self.hasPendingCalls = true
    }

    func tellOverflowed(_ connection: ConnectionHandle, _ ending: SocketEnding) {
        guard self.slab.isOpen(connection) else { return }
        self.calls.lastWords = connection
        self.slab[connection.slot].handler?.overflowed(connection, ending)
        self.calls.lastWords = nil
        if self.slab.isOpen(connection), !self.slab[connection.slot].flags.contains(.finishing) {
            self.release(connection, ending)
        }
    }
}
