import CLinux
import Instruments

// What the kernel does not take: the send queues and their bounds. Inside.
extension EventLoop {
    /// Adds room frames that the kernel did not take; each either fits or meets the policy.
    ///
    /// - Parameter begun: Bytes already taken of the first.
    func enqueue(
        _ storage: FrameStorage,
        _ first: Int,
        _ end: Int,
        begun: Int = 0,
        source: UInt32,
        to connection: ConnectionHandle
    ) {
        guard first < end else { return }
        let slot = connection.slot
        let limit = self.configuration.queue.bytes
        let queue = self.openQueue(slot)
        let before = queue.bytes
        var next = first
        if queue.isEmpty {
            queue.append(storage, first, first + 1, begun: begun, source: source, since: self.time)
            next += 1
        }
        if next < end, queue.bytes + storage.end(of: end - 1) - storage.start(of: next) <= limit {
            queue.append(storage, next, end, begun: 0, source: source, since: self.time)
            next = end
        }
        self.queuedChanged(by: queue.bytes - before)
        while next < end {
            let size = storage.end(of: next) - storage.start(of: next)
            if queue.isEmpty || queue.bytes + size <= limit || self.makesRoom(for: size, limit: limit, slot, queue) {
                queue.append(storage, next, next + 1, begun: 0, source: source, since: self.time)
                self.queuedChanged(by: size)
            } else {
                self.slab[slot].dropped &+= 1
                self.tally.count(1, of: storage.lane, as: .droppedSlowConsumer)
                if self.configuration.queue.policy == .close {
                    self.tally.count(end - next - 1, of: storage.lane, as: .closedBeforeWrite)
                    return self.overflow(connection, .slowConsumer(source: source))
                }
            }
            next += 1
        }
    }

    private func makesRoom(for bytes: Int, limit: Int, _ slot: UInt32, _ queue: SendQueue) -> Bool {
        self.configuration.queue.policy == .dropOldest && self.displace(for: bytes, limit: limit, slot, queue)
    }

    func displace(for bytes: Int, limit: Int, _ slot: UInt32, _ queue: SendQueue) -> Bool {
        let before = queue.bytes
        let isNewest = self.configuration.queue.policy == .dropNewest
        let dropped = queue.displace(for: bytes, limit: limit, newestFirst: isNewest, tally: &self.tally)
        guard let dropped else { return false }
        self.slab[slot].dropped &+= UInt32(dropped)
        self.queuedChanged(by: queue.bytes - before)
        return true
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

    /// Takes an emptied queue away.
    func closeQueue(_ slot: UInt32, _ queue: SendQueue) {
        let last = self.backlog.slots.removeLast()
        if last != slot {
            self.backlog.slots[queue.place] = last
            self.slab[last].queue?.place = queue.place
        }
        self.slab[slot].queue = nil
        self.slab[slot].updateReady()
    }

    /// Drops all that is queued, without telling anybody but the tally.
    func dropQueue(_ slot: UInt32, as outcome: DeliveryOutcome) {
        guard let queue = self.slab[slot].queue else { return }
        self.queuedChanged(by: -queue.bytes)
        queue.discard(keepingBegun: false, as: outcome, tally: &self.tally)
        self.closeQueue(slot, queue)
    }

    /// Writes what the socket takes now.
    func flush(_ connection: ConnectionHandle) {
        let slot = connection.slot
        guard let queue = self.slab[slot].queue else { return }
        let count = unsafe queue.describe(self.pieces, limit: EventLoop.piecesAtOnce)
        let result = unsafe linux_send_pieces(self.slab[slot].descriptor, self.pieces, count)
        if result >= 0 {
            self.slab[slot].bytesSent += UInt64(result)
            self.queuedChanged(by: -result)
            self.slab[slot].messagesSent += UInt64(queue.take(result, now: self.time, tally: &self.tally))
            if queue.isEmpty {
                self.closeQueue(slot, queue)
                self.emptied(connection)
            }
        } else if !EventLoop.isForLater(result) {
            self.queuedChanged(by: -queue.bytes)
            queue.countFailed(pieces: count, tally: &self.tally)
            self.closeQueue(slot, queue)
            self.release(connection, .failure(Int32(-result)))
        }
    }

    private func emptied(_ connection: ConnectionHandle) {
        self.updateInterest(connection.slot)
        if self.slab[connection.slot].flags.contains(.finishing) {
            self.endOutput(connection)
        } else {
            self.slab[connection.slot].handler?.drained(connection)
        }
    }

    // MARK: slow consumers

    /// The peer takes too little: all that is not begun is dropped now; its handler hears of it before the tick ends.
    func overflow(_ connection: ConnectionHandle, _ ending: SocketEnding) {
        let slot = connection.slot
        guard self.slab[slot].mayWrite else { return }
        self.slab[slot].flags.insert(.overflowed)
        self.slab[slot].updateReady()
        if let queue = self.slab[slot].queue {
            let before = queue.bytes
            queue.discard(keepingBegun: true, as: .closedBeforeWrite, tally: &self.tally)
            self.queuedChanged(by: queue.bytes - before)
            if queue.isEmpty {
                self.closeQueue(slot, queue)
                self.updateInterest(slot)
            }
        }
        self.calls.overflows.append((connection, ending))
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
