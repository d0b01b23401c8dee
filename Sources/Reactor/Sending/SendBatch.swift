/// The frames of one tick for one room and one encoding.
///
/// Belongs to its loop, and is reused.
///
/// Send queues that still need its frames keep them alive; an emptied batch then starts with new memory.
package final class SendBatch {
    private static let keptCapacity = 1 << 20

    private var storage: FrameStorage

    /// - Parameter lane: 1 to 15: the lane that counts the outcomes of its frames.
    package init(lane: UInt8) {
        precondition((1..<UInt8(SendTally.lanes)).contains(lane), "lane 0 is for replies, and there are 16")
        self.storage = FrameStorage(lane: lane, capacity: 256)
    }

    package var lane: UInt8 {
        self.storage.lane
    }

    package var frameCount: Int {
        self.storage.frameCount
    }

    /// The number that a frame was given: its message's.
    package func number(of frame: Int) -> UInt64 {
        self.storage.number(of: frame)
    }

    package var byteCount: Int {
        self.storage.byteCount
    }

    /// Adds a finished frame.
    ///
    /// - Parameters:
    ///   - number: The number of its message on this loop, which delivery observers are told.
    ///   - payloadBytes: How many bytes of sent messages the frame counts as; `nil` for its own size.
    package func append(_ frame: Span<UInt8>, number: UInt64, payloadBytes: Int? = nil) {
        self.makeWritable()
        unsafe frame.withUnsafeBufferPointer { bytes in
            unsafe self.storage.append(bytes, number: number, payloadBytes: payloadBytes ?? bytes.count)
        }
    }

    /// Adds the frame that `fill` writes in place, of at most `bytes` bytes.
    package func append(
        bytes: Int,
        number: UInt64,
        payloadBytes: Int? = nil,
        _ fill: (inout OutputSpan<UInt8>) -> Void
    ) {
        self.makeWritable()
        unsafe self.storage.append(bytes: bytes, number: number, payloadBytes: payloadBytes) { space in
            let buffer = unsafe UnsafeMutableBufferPointer(start: space, count: bytes)
            var output = unsafe OutputSpan(buffer: buffer, initializedCount: 0)
            fill(&output)
            return unsafe output.finalize(for: buffer)
        }
    }

    package func removeAll() {
        if isKnownUniquelyReferenced(&self.storage), self.storage.byteCount <= SendBatch.keptCapacity {
            self.storage.removeAll()
        } else {
            self.storage = FrameStorage(lane: self.lane, capacity: min(self.byteCount, 4096))
        }
    }

    var frames: FrameStorage {
        self.storage
    }

    /// Makes sure that queues that hold these frames hold no more memory than the frames need.
    func trimIfShared() {
        if !isKnownUniquelyReferenced(&self.storage) {
            self.storage.trim()
        }
    }

    private func makeWritable() {
        precondition(isKnownUniquelyReferenced(&self.storage), "a delivered batch is emptied before it is filled again")
    }
}

@available(*, unavailable)
extension SendBatch: Sendable {}
