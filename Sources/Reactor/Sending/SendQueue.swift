import CLinux
import Instruments

/// What one connection still has to write, in order; exists only while there is anything.
///
/// These are frames and, for a connection with a cipher, sealed bytes before them: the rest of one record, made from
/// the first of the frames, and what the cipher wants to send. A frame of which a byte was taken or sealed is never
/// dropped. The frames of parcels that are under way come first; they count in everything that is said about the queue.
final class SendQueue {
    /// Frames smaller than this are copied into the queue's own storage: keeping a shared frame takes a few hundred
    /// bytes if nobody else keeps it, so a queue of small frames would take many times its nominal size.
    private static let copied = 1024
    /// The queue's own storage does not grow past this size, since it is freed as a whole.
    private static let copiedTogether = 16 * 1024

    /// Bytes of frames, and sealed bytes, that have not been taken yet.
    var bytes: Int {
        self.parcels.bytes + self.plainBytes + self.sealed.count
    }

    var frameCount: Int {
        self.parcels.frameCount + self.waitingCount
    }

    /// Its place in the loop's list of backlogged connections.
    var place: Int
    /// Whether it ever held a frame; then the handler is told when it has drained.
    private(set) var hasHeldFrames = false
    /// Room frames that the policy has dropped since there is this queue, and when the first of them was.
    private(set) var dropped: UInt64 = 0
    private(set) var droppingSince: UInt64 = 0
    private(set) var sealed = SealedBytes()
    private var parcels = QueuedParcels()
    /// Frames that are not in a parcel.
    private var waitingCount = 0
    /// Bytes of these that have not been taken, including sealed ones.
    private var plainBytes = 0
    private var entries: [QueuedFrames] = []
    private var head = 0
    /// Bytes taken of the first frame.
    private var begun = 0

    init(place: Int) {
        self.place = place
    }

    var isEmpty: Bool {
        self.frameCount == 0 && self.sealed.isEmpty
    }

    /// Since when the first frame has been waiting, and its origin.
    var oldest: FrameStorage.Origin? {
        guard let first = self.parcels.oldest ?? self.entries[self.head...].first else { return nil }
        return first.origin(of: first.first)
    }

    // MARK: adding

    /// Adds frames at the end.
    ///
    /// - Parameter begun: How many bytes of the first one the kernel has taken; only for an empty queue.
    func append(_ piece: FramePiece, begun: Int, since: UInt64) {
        precondition(begun == 0 || self.waitingCount == 0, "only the first frame can be begun")
        guard piece.count > 0 else { return }
        let count = piece.byteCount
        let origin = FrameStorage.Origin(source: piece.source, since: since)
        let last = self.entries.count - 1
        if piece.lane != 0, count < SendQueue.copied {
            self.copy(piece, origin)
        } else if last >= self.head, self.entries[last].continues(in: piece, origin) {
            self.entries[last].end = piece.end
        } else {
            self.entries.append(
                QueuedFrames(storage: piece.storage, first: piece.first, end: piece.end, origin: origin)
            )
        }
        if begun != 0 {
            self.begun = begun
        }
        self.plainBytes += count - begun
        self.waitingCount += piece.count
        self.hasHeldFrames = true
    }

    private func copy(_ piece: FramePiece, _ origin: FrameStorage.Origin) {
        let last = self.entries.count - 1
        if last >= self.head, self.entries[last].canTakeCopies(of: piece.lane, limit: SendQueue.copiedTogether) {
            self.entries[last].storage.copy(piece.first, piece.end, of: piece.storage, from: origin)
            self.entries[last].end += piece.count
        } else {
            let own = FrameStorage(lane: piece.lane, capacity: 256)
            own.copy(piece.first, piece.end, of: piece.storage, from: origin)
            self.entries.append(QueuedFrames(storage: own, first: 0, end: piece.count, origin: origin))
        }
    }

    /// Keeps the rest of a record; the frames it contains are here already, or are added next.
    func hold(_ rest: Span<UInt8>, of plain: Int) {
        self.sealed.hold(rest, of: plain)
    }

    /// Keeps what the cipher wants to send, after what is sealed.
    func append(said: Span<UInt8>) {
        self.sealed.append(said)
    }

    /// How many of the next frames must be added, whatever the bounds say: those already begun or sealed, and one of
    /// any size if no frame is waiting.
    func owed(of piece: FramePiece, begun: Int) -> Int {
        let (whole, rest) = piece.divided(at: begun + max(0, self.sealed.plain - self.plainBytes))
        // The record may extend beyond the piece.
        let owed = min(whole + (rest > 0 ? 1 : 0), piece.count)
        return max(owed, self.frameCount == 0 ? 1 : 0)
    }

    /// Inserts one reply right after the frames already begun.
    func insertNext(_ storage: FrameStorage, since: UInt64) {
        guard self.waitingCount > 0 else {
            return self.append(FramePiece(storage, 0, 1, source: 0), begun: 0, since: since)
        }
        let place = self.cutBehindBegun()
        // As old as the frame after it, so that the queue stays in order of age.
        var age = since
        if place < self.entries.count {
            age = self.entries[place].origin(of: self.entries[place].first).since
        }
        let origin = FrameStorage.Origin(source: 0, since: age)
        self.entries.insert(QueuedFrames(storage: storage, first: 0, end: 1, origin: origin), at: place)
        self.plainBytes += storage.byteCount
        self.waitingCount += 1
    }

    // MARK: writing

    /// Describes what must be written next, in at most `limit` pieces.
    func describe(_ pieces: UnsafeMutablePointer<iovec>, limit: Int) -> Int {
        var count = 0
        var skipped = self.begun
        while count < limit, self.head + count < self.entries.count {
            let entry = self.entries[self.head + count]
            let start = entry.storage.start(of: entry.first) + skipped
            let length = entry.storage.end(of: entry.end - 1) - start
            unsafe pieces[count] = iovec(iov_base: entry.storage.base + start, iov_len: length)
            skipped = 0
            count += 1
        }
        return count
    }

    /// Removes `count` plain bytes that the kernel took from the front; visits the frames whose last byte went.
    func take(_ count: Int, _ written: (FramePiece, _ since: UInt64) -> Void) {
        var left = count + self.begun
        self.plainBytes -= count
        self.begun = 0
        while left > 0 {
            let entry = self.entries[self.head]
            let (whole, begun) = entry.divided(at: left)
            let next = entry.first + whole
            self.waitingCount -= whole
            entry.show(entry.first, next, written)
            if next < entry.end {
                self.entries[self.head].first = next
                self.begun = begun
                break
            }
            left -= entry.bytes
            self.head += 1
        }
        self.compact()
    }

    /// Removes `count` sealed bytes that the kernel took from the front; visits the frames whose last byte went.
    func takeSealed(_ count: Int, _ written: (FramePiece, _ since: UInt64) -> Void) {
        self.take(self.sealed.take(count), written)
    }

    // MARK: dropping

    /// - Returns: Whether these are the first.
    func countDropped(_ frames: Int, at now: UInt64) -> Bool {
        defer { self.dropped += UInt64(frames) }
        guard self.dropped == 0 else { return false }
        self.droppingSince = now
        return true
    }

    /// Drops everything, or everything but the frames already begun and the parcels under way, and visits them.
    func discard(keepingBegun: Bool, _ gone: (FramePiece) -> Void) {
        let place = keepingBegun ? self.cutBehindBegun() : self.head
        let dropped = (keepingBegun ? [] : self.parcels.frames) + self.entries[place...]
        self.entries = Array(self.entries[self.head..<place])
        self.head = 0
        self.waitingCount = self.entries.reduce(0) { $0 + $1.count }
        self.begun = self.entries.isEmpty ? 0 : self.begun
        self.plainBytes = self.entries.reduce(0) { $0 + $1.bytes } - self.begun
        if !keepingBegun {
            self.parcels = QueuedParcels()
            self.sealed = SealedBytes()
        }
        for entry in dropped {
            entry.showAll(gone)
        }
    }

    /// Drops room frames that are not begun until `bytes` bytes fit under `limit`, from the oldest or from the newest,
    /// and visits them.
    ///
    /// - Returns: `false` if dropping all of them would not be enough; then it drops none.
    func displace(for bytes: Int, limit: Int, newestFirst: Bool, _ gone: (FramePiece) -> Void) -> Bool {
        let needed = self.bytes + bytes - limit
        let begins = self.cutBehindBegun()
        let others = self.entries[begins...]
        let droppable = others.reduce(0) { $0 + ($1.lane == 0 ? 0 : $1.bytes) }
        // If all can be dropped, one frame of any size fits.
        let mayBeEmptied = begins == self.head && self.parcels.isEmpty && others.allSatisfy { $0.lane != 0 }
        guard needed <= droppable || mayBeEmptied else { return false }
        var freed = 0
        var place = newestFirst ? self.entries.count - 1 : begins
        while freed < needed, place >= begins, place < self.entries.count {
            freed += self.displace(needed - freed, at: place, newestFirst: newestFirst, gone)
            place += newestFirst ? -1 : 1
        }
        self.entries.removeAll { $0.first == $0.end }
        self.head = min(self.head, self.entries.count)
        return true
    }

    /// Drops as many frames of one entry as needed to free `needed` bytes; returns how many bytes were freed.
    private func displace(_ needed: Int, at place: Int, newestFirst: Bool, _ gone: (FramePiece) -> Void) -> Int {
        let entry = self.entries[place]
        guard entry.lane != 0 else { return 0 }
        var kept = entry.first..<entry.end
        var freed = 0
        while freed < needed, let frame = newestFirst ? kept.last : kept.first {
            freed += entry.storage.end(of: frame) - entry.storage.start(of: frame)
            kept = newestFirst ? kept.dropLast() : kept.dropFirst()
        }
        self.entries[place].first = kept.lowerBound
        self.entries[place].end = kept.upperBound
        self.plainBytes -= freed
        self.waitingCount -= entry.count - kept.count
        entry.show(entry.first, kept.lowerBound) { frames, _ in gone(frames) }
        entry.show(kept.upperBound, entry.end) { frames, _ in gone(frames) }
        return freed
    }

    /// Frames waiting, by lane.
    func countPending(into lanes: inout [UInt64]) {
        for entry in self.parcels.frames + self.entries[self.head...] {
            lanes[Int(entry.lane)] += UInt64(entry.count)
        }
    }

    /// Empties the queue after a failed call: the frames in the next `bytes` bytes get the error.
    func fail(bytes: Int, _ gone: (FramePiece, DeliveryOutcome) -> Void) {
        let place = self.cut(behind: bytes == 0 ? 0 : self.begun + bytes)
        let failed = self.entries[self.head..<place]
        let others = self.parcels.frames + self.entries[place...]
        self.parcels = QueuedParcels()
        self.entries = []
        self.head = 0
        self.plainBytes = 0
        self.sealed = SealedBytes()
        self.waitingCount = 0
        self.begun = 0
        for entry in failed {
            entry.showAll { gone($0, .writeError) }
        }
        for entry in others {
            entry.showAll { gone($0, .closedBeforeWrite) }
        }
    }

    /// The bytes that are neither taken nor sealed, if only replies wait; `nil` if a room frame waits, or a parcel is
    /// under way.
    var unsentReplies: [UInt8]? {
        guard self.parcels.isEmpty else { return nil }
        var bytes: [UInt8] = []
        var skipped = self.begun + self.sealed.plain
        for entry in self.entries[self.head...] {
            guard entry.lane == 0 else { return nil }
            let start = entry.storage.start(of: entry.first)
            let length = entry.bytes
            if skipped < length {
                let rest = unsafe UnsafeBufferPointer(
                    start: entry.storage.base + start + skipped,
                    count: length - skipped
                )
                unsafe bytes.append(contentsOf: rest)
            }
            skipped = max(0, skipped - length)
        }
        return bytes
    }

    // MARK: parcels

    /// Whether frames are under way elsewhere; what follows waits until they have ended, to keep the order.
    var hasParcels: Bool {
        !self.parcels.isEmpty
    }

    /// Makes a parcel of the oldest frames that are not under way, and lends the bytes of each.
    ///
    /// - Parameter limit: The number of bytes; the first frame is taken whatever its size.
    func takeParcel(_ number: UInt64, upTo limit: Int, _ show: (UnsafeBufferPointer<UInt8>) -> Void) {
        precondition(self.begun == 0 && self.sealed.isEmpty, "what a socket has begun it goes on with")
        var taken: [QueuedFrames] = []
        var bytes = 0
        while self.head < self.entries.count {
            var entry = self.entries[self.head]
            let all = entry.count
            let fitting = entry.divided(at: limit - bytes).whole
            let count = taken.isEmpty ? max(fitting, 1) : fitting
            guard count > 0 else { break }
            entry.end = entry.first + count
            for frame in entry.first..<entry.end {
                let start = entry.storage.start(of: frame)
                let size = entry.storage.end(of: frame) - start
                unsafe show(UnsafeBufferPointer(start: entry.storage.base + start, count: size))
            }
            taken.append(entry)
            bytes += entry.bytes
            self.waitingCount -= count
            if count < all {
                self.entries[self.head].first += count
                break
            }
            self.head += 1
        }
        self.plainBytes -= bytes
        self.compact()
        self.parcels.add(number, taken)
    }

    /// Removes a parcel's frames and visits them; `false` if there is no such parcel.
    func endParcel(_ number: UInt64, _ ended: (FramePiece, _ since: UInt64) -> Void) -> Bool {
        guard let frames = self.parcels.remove(number) else { return false }
        for entry in frames {
            entry.show(entry.first, entry.end, ended)
        }
        return true
    }

    // MARK: sockets that come and go

    /// Sealed bytes that the kernel has not taken yet.
    var sealedLeft: [UInt8] {
        let sealed = self.sealed
        return unsafe sealed.left.withUnsafeBufferPointer { unsafe Array($0) }
    }

    /// Removes what can only go through this socket: sealed bytes, and the unsealed rest of replies already begun.
    ///
    /// - Returns: `nil` if a room frame has been begun; then nothing is removed.
    func takeBegunReplies() -> (plain: [UInt8], sealed: [UInt8])? {
        let place = self.cutBehindBegun()
        let entries = self.entries[self.head..<place]
        guard entries.allSatisfy({ $0.lane == 0 }) else { return nil }
        let taken = self.begun + self.sealed.plain
        var unsent: [UInt8] = []
        // Only the last of them has bytes that are neither taken nor sealed.
        if let last = entries.last {
            let before = entries.dropLast().reduce(0) { $0 + $1.bytes }
            let start = last.storage.start(of: last.first) + taken - before
            let count = before + last.bytes - taken
            unsafe unsent = Array(UnsafeBufferPointer(start: last.storage.base + start, count: count))
            self.plainBytes -= before + last.bytes - self.begun
            self.waitingCount -= entries.reduce(0) { $0 + $1.count }
        }
        let sealed = self.sealedLeft
        self.sealed = SealedBytes()
        self.head = place
        self.begun = 0
        self.compact()
        return (unsent, sealed)
    }

    /// Inserts the rest of a reply that another queue had begun, before everything else.
    func insertBegunReply(_ rest: [UInt8], since: UInt64) {
        precondition(self.begun == 0, "a queue without a socket has no frame begun")
        // One byte before the rest stands for the bytes already gone, so the frame counts as begun.
        let storage = FrameStorage(lane: 0, capacity: rest.count + 1)
        unsafe storage.append(bytes: rest.count + 1, number: 0, payloadBytes: 0) { space in
            unsafe space.initialize(to: 0)
            unsafe rest.withUnsafeBufferPointer { bytes in
                if let base = bytes.baseAddress {
                    unsafe (space + 1).initialize(from: base, count: bytes.count)
                }
            }
            return rest.count + 1
        }
        let origin = FrameStorage.Origin(source: 0, since: self.oldest?.since ?? since)
        self.entries.insert(QueuedFrames(storage: storage, first: 0, end: 1, origin: origin), at: self.head)
        self.begun = 1
        self.plainBytes += rest.count
        self.waitingCount += 1
        self.hasHeldFrames = true
    }

    // MARK: frames begun

    /// The place after the frames of which a byte has been taken or sealed.
    private func cutBehindBegun() -> Int {
        self.cut(behind: self.begun + self.sealed.plain)
    }

    /// The place after the first frames, those that begin within `bytes` bytes from the start of the first; splits the
    /// entry there if needed.
    private func cut(behind bytes: Int) -> Int {
        var left = bytes
        var place = self.head
        while left > 0, place < self.entries.count {
            let entry = self.entries[place]
            let (whole, begun) = entry.divided(at: left)
            let count = whole + (begun > 0 ? 1 : 0)
            left -= entry.bytes
            if count < entry.count {
                var rest = entry
                rest.first += count
                self.entries[place].end = rest.first
                self.entries.insert(rest, at: place + 1)
            }
            place += 1
        }
        return place
    }

    private func compact() {
        if self.head == self.entries.count {
            self.entries.removeAll(keepingCapacity: true)
            self.head = 0
        } else if self.head * 2 >= self.entries.count {
            self.entries.removeSubrange(..<self.head)
            self.head = 0
        }
    }
}
