import CLinux
import Instruments

// Sending the same bytes to many connections. Inside.
extension EventLoop {
    /// Sends every delivery's frames to its members: each member once, frames of several deliveries joined, in order.
    ///
    /// What the kernel does not take is queued, or handled by the slow-consumer policy. Every frame of every member is
    /// counted: with one outcome now, or as pending until it has one.
    package func deliver(_ deliveries: consuming [Delivery]) {
        self.assertInside()
        let deliveries = deliveries
        self.flushHeld()
        self.deliveryNumber &+= 1
        if self.deliveryNumber == 0 {
            self.forgetDeliveryMarks()
        }
        let specials = SpecialMembers(of: deliveries, number: self.deliveryNumber, in: self.slab)
        for delivery in deliveries where delivery.batch.frameCount > 0 {
            self.deliver(delivery)
        }
        var pieces: [FramePiece] = []
        var own: [FramePiece] = []
        for place in 0..<specials.count {
            let member = specials.connection(place)
            specials.resolve(place, into: &pieces, leavingOut: &own)
            for piece in own {
                self.settle(piece, of: member, as: .senderExcluded)
            }
            self.deliver(pieces, to: member)
        }
        for delivery in deliveries {
            delivery.batch.trimIfShared()
        }
        self.relieveBudget()
    }

    /// The numbers begin anew after 2^32 calls: a mark of an earlier call with the same number would be taken for one
    /// of this call, and fresh records have the mark 0.
    @inline(never)
    private func forgetDeliveryMarks() {
        for slot in 0..<UInt32(self.slab.used) {
            self.slab[slot].deliveryMark = 0
        }
        self.deliveryNumber = 1
    }

    /// One `send(2)` per member.
    ///
    /// For each member the loop reads 8 bytes of the list and one cache line of the record, and calls the kernel.
    /// Anything unusual is in a function that is not inlined.
    private func deliver(_ delivery: Delivery) {
        let storage = delivery.batch.frames
        let bytes = unsafe UnsafePointer(storage.base)
        let (count, frames) = (storage.byteCount, storage.frameCount)
        let records = unsafe self.slab.base
        let (used, number) = (self.slab.used, self.deliveryNumber)
        let piece = FramePiece(storage, 0, frames, source: delivery.source)
        var whole = 0
        unsafe delivery.members.withUnsafeBufferPointer { members in
            for index in 0..<members.count {
                let member = unsafe members[index]
                let record = unsafe records + Int(member.slot)
                guard Int(member.slot) < used, unsafe record.pointee.ready == member.generation else {
                    self.deliverLater(piece, to: member)
                    continue
                }
                if unsafe SpecialMembers.contains(record, number) {
                    continue
                }
                let taken = unsafe self.writeBare(record.pointee.descriptor, bytes, count)
                if taken == count {
                    unsafe record.pointee.messagesSent &+= UInt64(frames)
                    unsafe record.pointee.bytesSent &+= UInt64(count)
                    whole &+= 1
                } else {
                    unsafe record.pointee.bytesSent &+= UInt64(max(0, taken))
                    self.deliveredPart(piece, taken, to: member)
                }
            }
        }
        self.tally.countWritten(whole * frames, of: storage.lane, payloadBytes: whole * storage.payloadBytes)
    }

    /// For a member that is gone, ending or connecting, or that has a queue or a cipher.
    @inline(never)
    private func deliverLater(_ piece: FramePiece, to member: ConnectionHandle) {
        if self.slab.isOpen(member), self.slab.isSpecial(member, self.deliveryNumber) {
            return
        }
        guard self.slab.isOpen(member), self.slab[member.slot].isIdle else {
            return self.queueOrSettle(piece, of: member)
        }
        let bytes = unsafe UnsafeBufferPointer(start: piece.start, count: piece.byteCount)
        let taken = unsafe self.write(bytes, to: member.slot)
        if taken == bytes.count {
            self.countAtOnce(piece, of: member)
        } else {
            self.deliveredPart(piece, taken, to: member)
        }
    }

    /// The kernel took only `result` bytes of the frames, or failed.
    @inline(never)
    private func deliveredPart(_ piece: FramePiece, _ result: Int, to member: ConnectionHandle) {
        guard result >= 0 || EventLoop.isForLater(result) else {
            self.settle(piece, of: member, as: .writeError)
            return self.release(member, .failure(Int32(-result)))
        }
        let taken = max(0, result)
        let (written, begun) = piece.divided(at: taken)
        self.countAtOnce(piece.prefix(written), of: member)
        self.enqueue(piece.dropFirst(written), begun: begun, to: member)
    }

    /// Frames that the kernel took completely in the turn in which they were delivered.
    private func countAtOnce(_ frames: FramePiece, of member: ConnectionHandle) {
        guard frames.count > 0 else { return }
        self.slab[member.slot].messagesSent += UInt64(frames.count)
        self.tally.countWritten(frames.count, of: frames.lane, payloadBytes: frames.payloadBytes)
    }

    // MARK: members with something special

    /// Sends pieces of several batches to one member in as few system calls as they need.
    private func deliver(_ pieces: [FramePiece], to member: ConnectionHandle) {
        var first = 0
        while first < pieces.count, self.slab.isOpen(member), self.slab[member.slot].isIdle {
            let end = min(first + EventLoop.piecesAtOnce, pieces.count)
            var result = self.write(pieces, first, end, to: member.slot)
            if EventLoop.isForLater(result) {
                result = 0
            }
            for place in first..<end {
                let piece = pieces[place]
                if result >= piece.byteCount {
                    self.countAtOnce(piece, of: member)
                    result -= piece.byteCount
                } else if result > 0 {
                    self.deliveredPart(piece, result, to: member)
                    result = 0
                } else if result == 0 {
                    self.queueOrSettle(piece, of: member)
                } else {
                    self.settle(piece, of: member, as: .writeError)
                }
            }
            if result < 0 {
                self.release(member, .failure(Int32(-result)))
            }
            first = end
        }
        for place in first..<pieces.count {
            self.queueOrSettle(pieces[place], of: member)
        }
    }

    /// One system call.
    ///
    /// Small pieces are joined for it, since `sendmsg` of two costs half as much again as `send`.
    private func write(_ pieces: [FramePiece], _ first: Int, _ end: Int, to slot: UInt32) -> Int {
        var count = 0
        for place in first..<end {
            let piece = pieces[place]
            count += piece.byteCount
            unsafe self.pieces[place - first] = iovec(iov_base: piece.start, iov_len: piece.byteCount)
        }
        guard count <= HeldReplies.largest else {
            return unsafe self.write(self.pieces, end - first, to: slot)
        }
        // Nothing is held during a delivery, so that memory is free.
        precondition(self.held.count == 0, "replies go out before room frames")
        var offset = 0
        for place in 0..<(end - first) {
            let piece = unsafe self.pieces[place]
            unsafe UnsafeMutableRawPointer(self.held.bytes + offset).copyMemory(
                from: piece.iov_base,
                byteCount: piece.iov_len
            )
            offset += unsafe piece.iov_len
        }
        return unsafe self.write(UnsafeBufferPointer(start: self.held.bytes, count: count), to: slot)
    }

    private func queueOrSettle(_ piece: FramePiece, of member: ConnectionHandle) {
        if self.slab.isOpen(member), self.slab[member.slot].mayWrite {
            self.enqueue(piece, to: member)
        } else {
            self.settle(piece, of: member, as: .closedBeforeWrite)
        }
    }
}
