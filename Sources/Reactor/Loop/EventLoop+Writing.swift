import CLinux
import Instruments

// The one place where bytes leave. Inside.
extension EventLoop {
    /// The system call itself, for connections that are `ready`; all others go through `write`.
    @inline(__always)
    func writeBare(_ descriptor: Int32, _ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int {
        unsafe linux_send(descriptor, bytes, count)
    }

    /// Writes to a connection, sealed where it has a cipher, and counts the bytes that the kernel took.
    ///
    /// - Returns: How many of the bytes were taken, or a negative errno. If the kernel took a record in part, or not at
    ///   all, the rest is now in the connection's queue, and its plain bytes, which are the next ones, must be added to
    ///   the queue.
    func write(_ bytes: UnsafeBufferPointer<UInt8>, to slot: UInt32) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        if self.slab[slot].flags.contains(.ciphered) {
            var piece = unsafe iovec(iov_base: UnsafeMutableRawPointer(mutating: base), iov_len: bytes.count)
            return unsafe self.writeSealed(&piece, 1, to: slot)
        }
        return unsafe self.countTaken(linux_send(self.slab[slot].descriptor, base, bytes.count), of: slot)
    }

    /// The same with `count` pieces, in as few system calls as they need.
    func write(_ pieces: UnsafeMutablePointer<iovec>, _ count: Int, to slot: UInt32) -> Int {
        if self.slab[slot].flags.contains(.ciphered) {
            return unsafe self.writeSealed(pieces, count, to: slot)
        }
        return unsafe self.countTaken(linux_send_pieces(self.slab[slot].descriptor, pieces, count), of: slot)
    }

    /// Writes bytes that are already sealed.
    func writeSealed(_ bytes: UnsafeBufferPointer<UInt8>, to slot: UInt32) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        return unsafe self.countTaken(linux_send(self.slab[slot].descriptor, base, bytes.count), of: slot)
    }

    private func countTaken(_ result: Int, of slot: UInt32) -> Int {
        if result > 0 {
            self.slab[slot].bytesSent += UInt64(result)
        }
        return result
    }

    /// Seals and sends record by record, as long as the kernel takes them whole.
    private func writeSealed(_ pieces: UnsafeMutablePointer<iovec>, _ count: Int, to slot: UInt32) -> Int {
        guard let cipher = self.cipheredSocket(of: slot)?.cipher, cipher.isReady else { return -Int(EAGAIN) }
        let room = self.ciphers.room
        var source = unsafe PlainBytes(pieces, count)
        var gone = 0
        while let plain = unsafe source.next(upTo: CipherRoom.recordBytes, gatheringIn: room.plain) {
            var used = 0
            let record = unsafe room.fill(CipherRoom.sealedRecordBytes) { output in
                unsafe used = cipher.seal(plain.span, into: &output)
            }
            guard used > 0, used <= plain.count else { return -Int(EPROTO) }
            let result = unsafe self.writeSealed(record, to: slot)
            if result == record.count {
                gone += used
                unsafe source.skip(used)
                continue
            }
            // A record that failed after others were taken stays, and fails again at the next attempt.
            guard result >= 0 || EventLoop.isForLater(result) || gone > 0 else { return result }
            let queue = self.openQueue(slot)
            let rest = unsafe UnsafeBufferPointer(rebasing: record[max(0, result)...])
            unsafe queue.hold(rest.span, of: used)
            self.queuedChanged(by: rest.count)
            self.updateInterest(slot)
            return gone
        }
        return gone
    }
}

/// Plain bytes of several pieces, read record by record.
@unsafe
private struct PlainBytes {
    private let pieces: UnsafeMutablePointer<iovec>
    private let count: Int
    private var place = 0
    private var offset = 0

    init(_ pieces: UnsafeMutablePointer<iovec>, _ count: Int) {
        unsafe self.pieces = pieces
        unsafe self.count = count
    }

    /// The next bytes; if they come from several pieces, they are joined in `room`.
    func next(
        upTo limit: Int,
        gatheringIn room: UnsafeMutableBufferPointer<UInt8>
    ) -> UnsafeBufferPointer<UInt8>? {
        guard unsafe self.place < self.count else { return nil }
        let first = unsafe self.rest(of: self.place, from: self.offset)
        if unsafe first.count >= limit || self.place == self.count - 1 {
            return unsafe UnsafeBufferPointer(rebasing: first.prefix(limit))
        }
        var filled = 0
        var place = unsafe self.place
        var offset = unsafe self.offset
        while unsafe place < self.count, filled < limit {
            let more = unsafe self.rest(of: place, from: offset).prefix(limit - filled)
            filled = unsafe UnsafeMutableBufferPointer(rebasing: room[filled...]).update(fromContentsOf: more) + filled
            place += 1
            offset = 0
        }
        return unsafe UnsafeBufferPointer(rebasing: UnsafeBufferPointer(room)[..<filled])
    }

    mutating func skip(_ bytes: Int) {
        unsafe self.offset += bytes
        while unsafe self.place < self.count, unsafe self.offset >= self.pieces[self.place].iov_len {
            unsafe self.offset -= self.pieces[self.place].iov_len
            unsafe self.place += 1
        }
    }

    private func rest(of place: Int, from offset: Int) -> UnsafeBufferPointer<UInt8> {
        let piece = unsafe self.pieces[place]
        guard let base = unsafe piece.iov_base else { return unsafe UnsafeBufferPointer(start: nil, count: 0) }
        let start = unsafe base.assumingMemoryBound(to: UInt8.self) + offset
        return unsafe UnsafeBufferPointer(start: start, count: piece.iov_len - offset)
    }
}
