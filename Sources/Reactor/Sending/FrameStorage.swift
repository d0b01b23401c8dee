/// Finished frames, one after the other, shared by all send queues that still need any of them.
///
/// Grows only while its batch is the only owner.
@safe
final class FrameStorage {
    /// The origin of a frame: the room, and when it was queued.
    struct Origin: Equatable {
        let source: UInt32
        let since: UInt64
    }

    private struct Mark {
        let end: UInt32
        let payloadEnd: UInt32
        /// The number of its message on this loop.
        let number: UInt64
    }

    /// The lane that counts the frames' outcomes; 0 for replies.
    let lane: UInt8
    // Only read and written on the loop's thread; freed with this object. Addresses into it do not outlive a call.
    private(set) var base: UnsafeMutablePointer<UInt8>
    private(set) var byteCount = 0
    private var capacity: Int
    private var marks: [Mark] = []
    /// One per frame in a queue's own storage, otherwise none.
    private var origins: [Origin] = []

    init(lane: UInt8, capacity: Int) {
        self.lane = lane
        self.capacity = max(capacity, 16)
        unsafe self.base = .allocate(capacity: self.capacity)
    }

    deinit {
        unsafe self.base.deallocate()
    }

    var frameCount: Int {
        self.marks.count
    }

    var payloadBytes: Int {
        Int(self.marks.last?.payloadEnd ?? 0)
    }

    func start(of frame: Int) -> Int {
        frame == 0 ? 0 : Int(self.marks[frame - 1].end)
    }

    func end(of frame: Int) -> Int {
        Int(self.marks[frame].end)
    }

    func number(of frame: Int) -> UInt64 {
        self.marks[frame].number
    }

    /// The payload bytes of a range of frames.
    func payload(from first: Int, to end: Int) -> Int {
        guard first < end else { return 0 }
        return Int(self.marks[end - 1].payloadEnd) - (first == 0 ? 0 : Int(self.marks[first - 1].payloadEnd))
    }

    /// Copies frames from another storage of the same lane; from then on every frame here has an origin.
    func copy(_ first: Int, _ end: Int, of other: FrameStorage, from origin: Origin) {
        let start = other.start(of: first)
        let count = other.end(of: end - 1) - start
        self.reserve(self.byteCount + count)
        unsafe (self.base + self.byteCount).initialize(from: other.base + start, count: count)
        for frame in first..<end {
            let payload = other.payload(from: frame, to: frame + 1)
            let frameEnd = self.byteCount + other.end(of: frame) - start
            let payloadEnd = UInt32(self.payloadBytes + payload)
            self.marks.append(Mark(end: UInt32(frameEnd), payloadEnd: payloadEnd, number: other.number(of: frame)))
            self.origins.append(origin)
        }
        self.byteCount += count
    }

    /// The frame's own origin; `nil` if its storage is shared.
    func origin(of frame: Int) -> Origin? {
        self.origins.isEmpty ? nil : self.origins[frame]
    }

    func append(_ frame: UnsafeBufferPointer<UInt8>, number: UInt64, payloadBytes: Int) {
        unsafe self.append(bytes: frame.count, number: number, payloadBytes: payloadBytes) { space in
            if let from = frame.baseAddress {
                unsafe space.initialize(from: from, count: frame.count)
            }
            return frame.count
        }
    }

    /// Adds the frame that `fill` writes into at most `bytes` bytes; `fill` returns how many it wrote.
    func append(bytes: Int, number: UInt64, payloadBytes: Int?, _ fill: (UnsafeMutablePointer<UInt8>) -> Int) {
        self.reserve(self.byteCount + bytes)
        let written = unsafe fill(self.base + self.byteCount)
        precondition(written > 0 && written <= bytes, "a frame has bytes, and fits the space it asked for")
        self.byteCount += written
        let payloadEnd = UInt32(self.payloadBytes + (payloadBytes ?? written))
        self.marks.append(Mark(end: UInt32(self.byteCount), payloadEnd: payloadEnd, number: number))
    }

    func removeAll() {
        self.byteCount = 0
        self.marks.removeAll(keepingCapacity: true)
    }

    /// Releases memory that it does not need, since queues may hold it for long.
    func trim() {
        guard self.capacity > 2 * self.byteCount + 64 else { return }
        self.move(to: max(self.byteCount, 16))
    }

    private func reserve(_ bytes: Int) {
        precondition(bytes <= Int(UInt32.max), "a batch holds less than 4 GiB")
        guard bytes > self.capacity else { return }
        self.move(to: max(bytes, 2 * self.capacity))
    }

    private func move(to capacity: Int) {
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        unsafe moved.initialize(from: self.base, count: self.byteCount)
        unsafe self.base.deallocate()
        unsafe self.base = moved
        self.capacity = capacity
    }
}
