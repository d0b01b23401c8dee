import CLinux
import Instruments

/// The frames that the kernel has not taken yet from one connection, in order; exists only while there are any.
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

        func origin(of frame: Int) -> FrameStorage.Origin {
            self.storage.origin(of: frame) ?? self.origin
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
        guard !self.isEmpty else { return nil }
        let entry = self.entries[self.head]
        return entry.origin(of: entry.first)
    }

    // MARK: adding

    /// Adds frames at the end.
    ///
    /// - Parameter begun: Bytes of the first of them that the kernel has taken; only into an empty queue.
    func append(_ storage: FrameStorage, _ first: Int, _ end: Int, begun: Int, source: UInt32, since: UInt64) {
        precondition(begun == 0 || self.isEmpty, "only the first frame can be begun")
        guard first < end else { return }
        let origin = FrameStorage.Origin(source: source, since: since)
        let count = storage.end(of: end - 1) - storage.start(of: first)
        let last = self.entries.count - 1
        if storage.lane != 0, count < SendQueue.copied {
            self.copy(storage, first, end, origin)
        } else if last >= self.head, self.entries[last].storage === storage, self.entries[last].end == first {
            self.entries[last].end = end
        } else {
            self.entries.append(Entry(storage: storage, first: first, end: end, origin: origin))
        }
        if begun != 0 {
            self.begun = begun
        }
        self.bytes += count - begun
        self.frameCount += end - first
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
            return self.append(storage, 0, 1, begun: 0, source: 0, since: since)
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

    /// Takes `count` bytes off the front, as the kernel did; frames whose last byte went are counted as written.
    ///
    /// - Returns: How many room frames that were.
    func take(_ count: Int, now: UInt64, tally: inout SendTally) -> Int {
        var left = count + self.begun
        var messages = 0
        self.bytes -= count
        self.begun = 0
        while left > 0 {
            var entry = self.entries[self.head]
            let first = entry.first
            let start = entry.storage.start(of: first)
            while entry.first < entry.end, entry.storage.end(of: entry.first) - start <= left {
                entry.first += 1
            }
            let frames = entry.first - first
            let payload = entry.storage.payload(from: first, to: entry.first)
            left -= entry.storage.start(of: entry.first) - start
            self.frameCount -= frames
            if entry.storage.lane != 0, frames > 0 {
                messages += frames
                tally.countWritten(frames, of: entry.storage.lane, payloadBytes: payload)
                self.observeAges(of: entry, from: first, now: now, tally: &tally)
            }
            if entry.first < entry.end {
                self.entries[self.head].first = entry.first
                self.begun = left
                break
            }
            self.head += 1
        }
        self.compact()
        return messages
    }

    /// Observes how long each of the frames first..<entry.first had waited.
    private func observeAges(of entry: Entry, from first: Int, now: UInt64, tally: inout SendTally) {
        var frame = first
        while frame < entry.first {
            let since = entry.origin(of: frame).since
            var next = frame + 1
            while next < entry.first, entry.origin(of: next).since == since {
                next += 1
            }
            tally.observeAge(now > since ? now - since : 0, frames: next - frame)
            frame = next
        }
    }

    // MARK: dropping

    /// Drops everything, or everything but the frame already begun, and counts it.
    func discard(keepingBegun: Bool, as outcome: DeliveryOutcome, tally: inout SendTally) {
        var kept: Entry?
        if keepingBegun, self.begun > 0 {
            self.splitHead()
            kept = self.entries[self.head]
            self.head += 1
        }
        for entry in self.entries[self.head...] {
            tally.count(entry.end - entry.first, of: entry.storage.lane, as: outcome)
        }
        self.head = 0
        if let kept {
            self.entries = [kept]
            self.bytes = kept.bytes - self.begun
            self.frameCount = 1
        } else {
            self.entries = []
            self.bytes = 0
            self.frameCount = 0
            self.begun = 0
        }
    }

    /// Drops room frames not begun until `bytes` are left free under `limit`, from the oldest or from the newest.
    ///
    /// Drops nothing where that would not be enough.
    ///
    /// - Returns: How many it dropped; `nil` where it would not be enough.
    func displace(for bytes: Int, limit: Int, newestFirst: Bool, tally: inout SendTally) -> Int? {
        let needed = self.bytes + bytes - limit
        guard needed <= self.droppableBytes || self.begun == 0 && self.holdsOnlyRoomFrames else { return nil }
        if self.begun > 0 {
            self.splitHead()
        }
        var freed = 0
        var dropped = 0
        let begins = self.head + (self.begun > 0 ? 1 : 0)
        var place = newestFirst ? self.entries.count - 1 : begins
        while freed < needed, place >= begins, place < self.entries.count {
            while self.entries[place].storage.lane != 0, self.entries[place].first < self.entries[place].end,
                freed < needed
            {
                let entry = self.entries[place]
                let frame = newestFirst ? entry.end - 1 : entry.first
                freed += entry.storage.end(of: frame) - entry.storage.start(of: frame)
                tally.count(1, of: entry.storage.lane, as: .droppedSlowConsumer)
                dropped += 1
                if newestFirst {
                    self.entries[place].end -= 1
                } else {
                    self.entries[place].first += 1
                }
            }
            place += newestFirst ? -1 : 1
        }
        self.entries.removeAll { $0.first == $0.end }
        self.head = min(self.head, self.entries.count)
        self.bytes -= freed
        self.frameCount -= dropped
        return dropped
    }

    /// Frames waiting, by lane.
    func countPending(into lanes: inout [UInt64]) {
        for entry in self.entries[self.head...] {
            lanes[Int(entry.storage.lane)] += UInt64(entry.end - entry.first)
        }
    }

    /// Frames handed to the kernel by a call that described `pieces` pieces.
    func countFailed(pieces: Int, tally: inout SendTally) {
        for entry in self.entries[self.head..<min(self.head + pieces, self.entries.count)] {
            tally.count(entry.end - entry.first, of: entry.storage.lane, as: .writeError)
        }
        for entry in self.entries[min(self.head + pieces, self.entries.count)...] {
            tally.count(entry.end - entry.first, of: entry.storage.lane, as: .closedBeforeWrite)
        }
        self.entries = []
        self.head = 0
        self.frameCount = 0
        self.begun = 0
    }

    /// Everything unsent as bytes, where only replies wait; `nil` where a room frame does.
    var unsentReplies: [UInt8]? {
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
        unsafe storage.append(bytes: rest.count + 1, payloadBytes: 0) { space in
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

    private var holdsOnlyRoomFrames: Bool {
        self.entries[self.head...].allSatisfy { $0.storage.lane != 0 }
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
