import CLinux
import Instruments

/// The frames that one connection has yet to be rid of, in order; exists only while there are any.
///
/// In front stand those of parcels that are under way; they count in all that is said of the queue.
final class SendQueue {
    private struct Entry {
        let storage: FrameStorage
        /// The frames first..<end of the storage.
        var first: Int
        var end: Int
        /// Where they come from, unless the storage says so of each.
        let origin: FrameStorage.Origin

        var bytes: Int {
            self.storage.end(of: self.end - 1) - self.storage.start(of: self.first)
        }

        /// Whether the piece follows in the same storage, and its frames need no origin of their own.
        func continues(in piece: FramePiece, _ origin: FrameStorage.Origin) -> Bool {
            self.storage === piece.storage && self.end == piece.first && self.origin == origin
        }

        func origin(of frame: Int) -> FrameStorage.Origin {
            self.storage.origin(of: frame) ?? self.origin
        }

        /// Shows frames of the entry, those of one origin together.
        func show(_ first: Int, _ end: Int, _ body: (FramePiece, _ since: UInt64) -> Void) {
            var frame = first
            while frame < end {
                let origin = self.origin(of: frame)
                var next = frame + 1
                while next < end, self.origin(of: next) == origin {
                    next += 1
                }
                body(FramePiece(self.storage, frame, next, source: origin.source), origin.since)
                frame = next
            }
        }
    }

    /// Frames that somebody writes elsewhere, and has not told yet whether he did.
    private struct Parcel {
        let number: UInt64
        let entries: [Entry]

        var bytes: Int {
            self.entries.reduce(0) { $0 + $1.bytes }
        }

        var frameCount: Int {
            self.entries.reduce(0) { $0 + $1.end - $1.first }
        }
    }

    /// Fewer bytes than this are copied into storage of the queue's own: referring to a shared frame takes a few
    /// hundred bytes where nobody else refers to it, and a queue of small frames would take many times what it says.
    private static let copied = 1024
    /// Own storage is not added to past this size, since it is freed as a whole.
    private static let copiedTogether = 16 * 1024

    /// Bytes not taken yet.
    private(set) var bytes = 0
    private(set) var frameCount = 0
    /// Its place in the loop's list of backlogged connections.
    var place: Int
    /// Taken first, ended in any order.
    private var parcels: [Parcel] = []
    private var entries: [Entry] = []
    private var head = 0
    /// Bytes taken of the first frame.
    private var begun = 0

    init(place: Int) {
        self.place = place
    }

    var isEmpty: Bool {
        self.frameCount == 0
    }

    /// Since when the first frame waits, and whose it is.
    var oldest: FrameStorage.Origin? {
        guard let entry = self.parcels.first?.entries.first ?? self.entries[self.head...].first else { return nil }
        return entry.origin(of: entry.first)
    }

    // MARK: adding

    /// Adds frames at the end.
    ///
    /// - Parameter begun: Bytes of the first of them that the kernel has taken; only into an empty queue.
    func append(_ piece: FramePiece, begun: Int, since: UInt64) {
        precondition(begun == 0 || self.isEmpty, "only the first frame can be begun")
        guard piece.count > 0 else { return }
        let (storage, count) = (piece.storage, piece.byteCount)
        let origin = FrameStorage.Origin(source: piece.source, since: since)
        let last = self.entries.count - 1
        if storage.lane != 0, count < SendQueue.copied {
            self.copy(storage, piece.first, piece.end, origin)
        } else if last >= self.head, self.entries[last].continues(in: piece, origin) {
            self.entries[last].end = piece.end
        } else {
            self.entries.append(Entry(storage: storage, first: piece.first, end: piece.end, origin: origin))
        }
        if begun != 0 {
            self.begun = begun
        }
        self.bytes += count - begun
        self.frameCount += piece.count
    }

    private func copy(_ storage: FrameStorage, _ first: Int, _ end: Int, _ origin: FrameStorage.Origin) {
        let last = self.entries.count - 1
        if last >= self.head, self.canTakeMore(self.entries[last], of: storage.lane) {
            self.entries[last].storage.copy(first, end, of: storage, from: origin)
            self.entries[last].end += end - first
        } else {
            let own = FrameStorage(lane: storage.lane, capacity: 256)
            own.copy(first, end, of: storage, from: origin)
            self.entries.append(Entry(storage: own, first: 0, end: end - first, origin: origin))
        }
    }

    private func canTakeMore(_ entry: Entry, of lane: UInt8) -> Bool {
        entry.storage.lane == lane && entry.storage.origin(of: entry.first) != nil
            && entry.end == entry.storage.frameCount && entry.storage.byteCount < SendQueue.copiedTogether
    }

    /// Puts one reply right after the frame already begun.
    func insertNext(_ storage: FrameStorage, since: UInt64) {
        guard !self.isEmpty else {
            return self.append(FramePiece(storage, 0, 1, source: 0), begun: 0, since: since)
        }
        var place = self.head
        if self.begun > 0 {
            self.splitHead()
            place += 1
        }
        // As old as what it goes before, so that the queue stays in the order of age.
        var age = since
        if place < self.entries.count {
            age = self.entries[place].origin(of: self.entries[place].first).since
        }
        let origin = FrameStorage.Origin(source: 0, since: age)
        self.entries.insert(Entry(storage: storage, first: 0, end: 1, origin: origin), at: place)
        self.bytes += storage.byteCount
        self.frameCount += 1
    }

    // MARK: writing

    /// Describes what is to be written next, in at most `limit` pieces.
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

    /// Takes `count` bytes off the front, as the kernel did; shows the frames whose last byte went.
    func take(_ count: Int, _ written: (FramePiece, _ since: UInt64) -> Void) {
        var left = count + self.begun
        self.bytes -= count
        self.begun = 0
        while left > 0 {
            let entry = self.entries[self.head]
            let all = FramePiece(entry.storage, entry.first, entry.end, source: 0)
            let (whole, begun) = all.divided(at: left)
            self.frameCount -= whole
            left -= whole == 0 ? 0 : all.prefix(whole).byteCount
            entry.show(entry.first, entry.first + whole, written)
            if whole < all.count {
                self.entries[self.head].first += whole
                self.begun = begun
                break
            }
            self.head += 1
        }
        self.compact()
    }

    // MARK: dropping

    /// Drops everything, or everything but the frame already begun and the parcels under way, and shows what.
    func discard(keepingBegun: Bool, _ gone: (FramePiece) -> Void) {
        var kept: Entry?
        if keepingBegun, self.begun > 0 {
            self.splitHead()
            kept = self.entries[self.head]
            self.head += 1
        }
        var dropped = self.entries[self.head...]
        if !keepingBegun {
            dropped = self.parcels.flatMap(\.entries) + dropped
            self.parcels = []
        }
        self.head = 0
        self.entries = []
        self.bytes = self.parcels.reduce(0) { $0 + $1.bytes }
        self.frameCount = self.parcels.reduce(0) { $0 + $1.frameCount }
        if let kept {
            self.entries = [kept]
            self.bytes += kept.bytes - self.begun
            self.frameCount += 1
        } else {
            self.begun = 0
        }
        for entry in dropped {
            entry.show(entry.first, entry.end) { frames, _ in gone(frames) }
        }
    }

    /// Drops room frames not begun until `bytes` are left free under `limit`, from the oldest or from the newest, and
    /// shows which.
    ///
    /// - Returns: `false` where dropping all of them would not be enough; then it drops none.
    func displace(for bytes: Int, limit: Int, newestFirst: Bool, _ gone: (FramePiece) -> Void) -> Bool {
        let needed = self.bytes + bytes - limit
        guard needed <= self.droppableBytes || self.mayBeEmptied else { return false }
        if self.begun > 0 {
            self.splitHead()
        }
        var freed = 0
        let begins = self.head + (self.begun > 0 ? 1 : 0)
        var place = newestFirst ? self.entries.count - 1 : begins
        while freed < needed, place >= begins, place < self.entries.count {
            freed += self.displace(needed - freed, at: place, newestFirst: newestFirst, gone)
            place += newestFirst ? -1 : 1
        }
        self.entries.removeAll { $0.first == $0.end }
        self.head = min(self.head, self.entries.count)
        return true
    }

    /// Drops as many frames of one entry as free `needed` bytes; how many bytes that were.
    private func displace(_ needed: Int, at place: Int, newestFirst: Bool, _ gone: (FramePiece) -> Void) -> Int {
        let entry = self.entries[place]
        guard entry.storage.lane != 0 else { return 0 }
        var kept = entry.first..<entry.end
        var freed = 0
        while freed < needed, let frame = newestFirst ? kept.last : kept.first {
            freed += entry.storage.end(of: frame) - entry.storage.start(of: frame)
            kept = newestFirst ? kept.dropLast() : kept.dropFirst()
        }
        self.entries[place].first = kept.lowerBound
        self.entries[place].end = kept.upperBound
        self.bytes -= freed
        self.frameCount -= entry.end - entry.first - kept.count
        entry.show(entry.first, kept.lowerBound) { frames, _ in gone(frames) }
        entry.show(kept.upperBound, entry.end) { frames, _ in gone(frames) }
        return freed
    }

    /// Frames waiting, by lane.
    func countPending(into lanes: inout [UInt64]) {
        for entry in self.parcels.flatMap(\.entries) + self.entries[self.head...] {
            lanes[Int(entry.storage.lane)] += UInt64(entry.end - entry.first)
        }
    }

    /// Empties the queue after a failed call that described `pieces` pieces: what these held met the error.
    func fail(pieces: Int, _ gone: (FramePiece, DeliveryOutcome) -> Void) {
        let failed = self.entries[self.head...].prefix(pieces)
        let others = self.entries[self.head...].dropFirst(pieces)
        self.entries = []
        self.head = 0
        self.bytes = 0
        self.frameCount = 0
        self.begun = 0
        for entry in failed {
            entry.show(entry.first, entry.end) { frames, _ in gone(frames, .writeError) }
        }
        for entry in others {
            entry.show(entry.first, entry.end) { frames, _ in gone(frames, .closedBeforeWrite) }
        }
    }

    /// Everything unsent as bytes, where only replies wait; `nil` where a room frame does, or a parcel is under way.
    var unsentReplies: [UInt8]? {
        guard !self.hasParcels else { return nil }
        var bytes: [UInt8] = []
        var skipped = self.begun
        for entry in self.entries[self.head...] {
            guard entry.storage.lane == 0 else { return nil }
            let start = entry.storage.start(of: entry.first) + skipped
            let length = entry.storage.end(of: entry.end - 1) - start
            unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: entry.storage.base + start, count: length))
            skipped = 0
        }
        return bytes
    }

    // MARK: parcels

    /// Whether frames are under way elsewhere; what is behind them waits until they are ended, so that order holds.
    var hasParcels: Bool {
        !self.parcels.isEmpty
    }

    /// Makes the oldest frames that are not under way a parcel, and shows the bytes of each.
    ///
    /// - Parameter limit: How many bytes of them; but the first is taken whatever its size.
    func takeParcel(_ number: UInt64, upTo limit: Int, _ show: (UnsafeBufferPointer<UInt8>) -> Void) {
        precondition(self.begun == 0, "what a socket has begun it goes on with")
        var taken: [Entry] = []
        var bytes = 0
        while self.head < self.entries.count {
            var entry = self.entries[self.head]
            let all = FramePiece(entry.storage, entry.first, entry.end, source: 0)
            let fitting = all.divided(at: limit - bytes).whole
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
            if count < all.count {
                self.entries[self.head].first += count
                break
            }
            self.head += 1
        }
        self.compact()
        if !taken.isEmpty {
            self.parcels.append(Parcel(number: number, entries: taken))
        }
    }

    /// Lets go of a parcel's frames and shows them; `false` where there is no such parcel.
    func endParcel(_ number: UInt64, _ ended: (FramePiece, _ since: UInt64) -> Void) -> Bool {
        guard let place = self.parcels.firstIndex(where: { $0.number == number }) else { return false }
        let parcel = self.parcels.remove(at: place)
        self.bytes -= parcel.bytes
        self.frameCount -= parcel.frameCount
        for entry in parcel.entries {
            entry.show(entry.first, entry.end, ended)
        }
        return true
    }

    // MARK: sockets that come and go

    /// Takes out the rest of the reply that the kernel has in part: none where it has no frame in part.
    ///
    /// - Returns: `nil` where it has a part of a room frame, and then nothing is taken out.
    func takeBegunReply() -> [UInt8]? {
        guard self.begun > 0 else { return [] }
        guard self.entries[self.head].storage.lane == 0 else { return nil }
        self.splitHead()
        let storage = self.entries[self.head].storage
        let end = storage.end(of: self.entries[self.head].first)
        let start = storage.start(of: self.entries[self.head].first) + self.begun
        let rest = unsafe Array(UnsafeBufferPointer(start: storage.base + start, count: end - start))
        self.head += 1
        self.begun = 0
        self.bytes -= rest.count
        self.frameCount -= 1
        self.compact()
        return rest
    }

    /// Puts the rest of a reply that another queue had begun before everything else.
    func insertBegunReply(_ rest: [UInt8], since: UInt64) {
        precondition(self.begun == 0, "a queue without a socket has no frame begun")
        // One byte before the rest stands for those that are gone, so the frame counts as begun.
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
        self.entries.insert(Entry(storage: storage, first: 0, end: 1, origin: origin), at: self.head)
        self.begun = 1
        self.bytes += rest.count
        self.frameCount += 1
    }

    private var droppableBytes: Int {
        var bytes = 0
        for (index, entry) in self.entries[self.head...].enumerated() where entry.storage.lane != 0 {
            let first = index == 0 && self.begun > 0 ? entry.first + 1 : entry.first
            if first < entry.end {
                bytes += entry.storage.end(of: entry.end - 1) - entry.storage.start(of: first)
            }
        }
        return bytes
    }

    /// Whether all that is queued may be dropped, so that one frame of any size has room.
    private var mayBeEmptied: Bool {
        self.begun == 0 && self.parcels.isEmpty && self.entries[self.head...].allSatisfy { $0.storage.lane != 0 }
    }

    /// Makes the frame already begun an entry of its own.
    private func splitHead() {
        let entry = self.entries[self.head]
        guard entry.end - entry.first > 1 else { return }
        var rest = entry
        rest.first += 1
        self.entries[self.head].end = entry.first + 1
        self.entries.insert(rest, at: self.head + 1)
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
