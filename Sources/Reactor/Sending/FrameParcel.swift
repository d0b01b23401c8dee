/// Queued frames of a client, returned by `EventLoop.takeFrames` to be written elsewhere.
///
/// It holds a copy of the bytes and may move to any thread. On the client's loop the frames stay queued until
/// `EventLoop.endParcel` is told what became of them.
package struct FrameParcel: Sendable {
    package let client: ConnectionHandle
    /// Unique among the parcels of the loop.
    let number: UInt64
    private var bytes: [UInt8] = []
    /// Where each frame ends.
    private var ends: [Int] = []

    init(client: ConnectionHandle, number: UInt64) {
        self.client = client
        self.number = number
    }

    /// Never 0.
    package var frameCount: Int {
        self.ends.count
    }

    package var byteCount: Int {
        self.bytes.count
    }

    /// Lends the bytes of each frame separately, the oldest first.
    package func forEachFrame(_ body: (Span<UInt8>) -> Void) {
        var start = 0
        for end in self.ends {
            body(self.bytes.span.extracting(start..<end))
            start = end
        }
    }

    mutating func append(_ frame: UnsafeBufferPointer<UInt8>) {
        unsafe self.bytes.append(contentsOf: frame)
        self.ends.append(self.bytes.count)
    }
}
