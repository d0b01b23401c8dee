import CLinux
import Instruments

// Replies and control frames to one connection, and the send queues of all. Inside.
extension EventLoop {
    /// Room in a full queue for frames that must not wait: pings, pongs and close frames.
    private static let roomForNext = 4096

    /// Sends a reply or control frame to one connection; only what has to be kept is copied.
    ///
    /// Replies to one connection are held during a callback and sent together when it returns. A reply is never dropped
    /// silently: if the policy drops, it removes room frames from a full queue.
    @discardableResult
    package func send(
        _ bytes: Span<UInt8>,
        to connection: ConnectionHandle,
        placement: SendPlacement = .inOrder
    ) -> SendResult {
        self.assertInside()
        return unsafe bytes.withUnsafeBufferPointer { unsafe self.send($0, to: connection, placement) }
    }

    private func send(
        _ bytes: UnsafeBufferPointer<UInt8>,
        to connection: ConnectionHandle,
        _ placement: SendPlacement
    ) -> SendResult {
        if !self.held.hasRoom(for: bytes.count, to: connection) || bytes.count > HeldReplies.largest {
            self.flushHeld()
        }
        guard self.slab.isOpen(connection) else { return .refused }
        let slot = connection.slot
        guard self.slab[slot].mayWrite || self.isLastWord(connection) else { return .refused }
        guard bytes.count > 0 else { return .written }
        if self.isTicking, self.slab[slot].isIdle, bytes.count <= HeldReplies.largest {
            unsafe self.held.add(bytes, to: connection)
            return .written
        }
        if self.slab[slot].queue != nil || self.slab[slot].flags.contains(.connecting) || !self.slab[slot].hasSocket {
            return unsafe self.queueReply(bytes, to: connection, placement)
        }
        return unsafe self.replySent(bytes, to: connection, self.write(bytes, to: slot))
    }

    /// Whether bytes wait that the kernel did not take; `drained` follows once it has them.
    ///
    /// Replies that are held are sent first, so the answer holds for what is sent next.
    package func isWaiting(_ connection: ConnectionHandle) -> Bool {
        self.assertInside()
        self.flushHeld(of: connection)
        return self.slab.isOpen(connection) && self.slab[connection.slot].queue != nil
    }

    /// Sends what is held, because a callback has returned or something else must go out after it.
    func flushHeld() {
        guard self.held.count > 0 else { return }
        let (connection, count) = (self.held.connection, self.held.count)
        self.held.removeAll()
        guard self.slab.isOpen(connection) else { return }
        let bytes = unsafe UnsafeBufferPointer(start: self.held.bytes, count: count)
        _ = unsafe self.replySent(bytes, to: connection, self.write(bytes, to: connection.slot))
    }

    func flushHeld(of connection: ConnectionHandle) {
        if self.held.count > 0, self.held.connection == connection {
            self.flushHeld()
        }
    }

    private func isLastWord(_ connection: ConnectionHandle) -> Bool {
        self.calls.lastWords == connection && !self.slab[connection.slot].flags.contains(.finishing)
    }

    /// Queues the part of a reply that the kernel did not take.
    private func replySent(
        _ bytes: UnsafeBufferPointer<UInt8>,
        to connection: ConnectionHandle,
        _ result: Int
    ) -> SendResult {
        if result == bytes.count {
            return .written
        }
        guard result >= 0 || EventLoop.isForLater(result) else {
            self.release(connection, .failure(Int32(-result)))
            return .failed
        }
        unsafe self.enqueueReply(bytes, to: connection, begun: max(0, result), placement: .inOrder)
        return .queued
    }

    private func queueReply(
        _ bytes: UnsafeBufferPointer<UInt8>,
        to connection: ConnectionHandle,
        _ placement: SendPlacement
    ) -> SendResult {
        let slot = connection.slot
        let limits = self.configuration.queue
        let limit = limits.bytes + (placement == .next ? EventLoop.roomForNext : 0)
        if let queue = self.slab[slot].queue, queue.frameCount > 0, queue.bytes + bytes.count > limit,
            !self.isLastWord(connection)
        {
            guard limits.policy != .close, self.displace(for: bytes.count, limit: limit, connection, queue) else {
                self.overflow(connection, .slowConsumer(source: 0))
                return .overflowed
            }
        }
        unsafe self.enqueueReply(bytes, to: connection, begun: 0, placement: placement)
        return .queued
    }

    /// Adds a reply to the queue, whatever its size.
    func enqueueReply(
        _ bytes: UnsafeBufferPointer<UInt8>,
        to connection: ConnectionHandle,
        begun: Int,
        placement: SendPlacement
    ) {
        // Keeps one byte the kernel already took, so the frame counts as begun.
        let skipped = max(0, begun - 1)
        let storage = FrameStorage(lane: 0, capacity: bytes.count - skipped)
        unsafe storage.append(UnsafeBufferPointer(rebasing: bytes[skipped...]), number: 0, payloadBytes: 0)
        let queue = self.openQueue(connection.slot)
        let before = queue.bytes
        if placement == .next {
            queue.insertNext(storage, since: self.time)
        } else {
            queue.append(FramePiece(storage, 0, 1, source: 0), begun: begun - skipped, since: self.time)
        }
        self.queuedChanged(by: queue.bytes - before)
    }
}
