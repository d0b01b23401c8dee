/// Consecutive frames of one storage in a send queue.
struct QueuedFrames {
    let storage: FrameStorage
    /// The frames first..<end of the storage.
    var first: Int
    var end: Int
    /// Where they come from, unless the storage has an origin for each.
    let origin: FrameStorage.Origin

    var bytes: Int {
        self.storage.end(of: self.end - 1) - self.storage.start(of: self.first)
    }

    var count: Int {
        self.end - self.first
    }

    /// The lane that counts the frames' outcomes; 0 for replies.
    var lane: UInt8 {
        self.storage.lane
    }

    func origin(of frame: Int) -> FrameStorage.Origin {
        self.storage.origin(of: frame) ?? self.origin
    }

    /// Whether the piece continues in the same storage and needs no separate origin.
    func continues(in piece: FramePiece, _ origin: FrameStorage.Origin) -> Bool {
        self.storage === piece.storage && self.end == piece.first && self.origin == origin
    }

    /// Whether small frames of a lane may be copied after these, up to `limit` bytes together.
    func canTakeCopies(of lane: UInt8, limit: Int) -> Bool {
        self.lane == lane && self.storage.origin(of: self.first) != nil
            && self.end == self.storage.frameCount && self.storage.byteCount < limit
    }

    /// How many frames are complete within the first `bytes` bytes, and how many bytes of the next one they include.
    func divided(at bytes: Int) -> (whole: Int, begun: Int) {
        FramePiece(self.storage, self.first, self.end, source: 0).divided(at: bytes)
    }

    /// Visits the frames first..<end of the storage, those of one origin together.
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

    func showAll(_ body: (FramePiece) -> Void) {
        self.show(self.first, self.end) { frames, _ in body(frames) }
    }
}
