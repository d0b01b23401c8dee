/// Queued frames of a client, given by `EventLoop.takeFrames` to somebody who writes them elsewhere.
///
/// It holds a copy of the bytes and may travel to any thread. On the client's loop the frames stay queued until
/// `EventLoop.endParcel` hears what became of them.
package struct FrameParcel: Sendable {
    package let client: ConnectionHandle
    /// No other parcel of the loop has it.
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

    /// Shows the bytes of each frame by itself, the oldest first.
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
