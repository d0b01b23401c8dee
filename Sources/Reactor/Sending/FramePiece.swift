/// Consecutive frames of one batch, on their way to one member or already there.
package struct FramePiece {
    let storage: FrameStorage
    /// The frames first..<end of the storage.
    let first: Int
    let end: Int
    /// Names the room.
    package let source: UInt32

    init(_ storage: FrameStorage, _ first: Int, _ end: Int, source: UInt32) {
        self.storage = storage
        self.first = first
        self.end = end
        self.source = source
    }

    /// How many frames these are.
    package var count: Int {
        self.end - self.first
    }

    /// The lane that counts their outcomes; 0 for replies, whose outcomes are not reported.
    package var lane: UInt8 {
        self.storage.lane
    }

    /// The message number of the frame at `place`, in 0..<count, as given with its batch.
    package func number(at place: Int) -> UInt64 {
        self.storage.number(of: self.first + place)
    }

    func prefix(_ count: Int) -> FramePiece {
        FramePiece(self.storage, self.first, self.first + count, source: self.source)
    }

    func dropFirst(_ count: Int) -> FramePiece {
        FramePiece(self.storage, self.first + count, self.end, source: self.source)
    }

    /// How many frames are complete within the first `bytes` bytes, and how many bytes of the next one they include.
    func divided(at bytes: Int) -> (whole: Int, begun: Int) {
        let start = self.storage.start(of: self.first)
        var next = self.first
        while next < self.end, self.storage.end(of: next) - start <= bytes {
            next += 1
        }
        return (next - self.first, bytes - (self.storage.start(of: next) - start))
    }

    var payloadBytes: Int {
        self.storage.payload(from: self.first, to: self.end)
    }

    var byteCount: Int {
        self.storage.end(of: self.end - 1) - self.storage.start(of: self.first)
    }

    var start: UnsafeMutablePointer<UInt8> {
        unsafe self.storage.base + self.storage.start(of: self.first)
    }
}

@available(*, unavailable)
extension FramePiece: Sendable {}
