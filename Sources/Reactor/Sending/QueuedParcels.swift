/// Frames of one send queue that are being written elsewhere, with the result not known yet.
///
/// Taken in the order of the queue, ended in any order.
struct QueuedParcels {
    private struct Parcel {
        let number: UInt64
        let frames: [QueuedFrames]
    }

    private var parcels: [Parcel] = []
    private(set) var bytes = 0
    private(set) var frameCount = 0

    var isEmpty: Bool {
        self.parcels.isEmpty
    }

    /// All frames under way, the oldest first.
    var frames: [QueuedFrames] {
        self.parcels.flatMap(\.frames)
    }

    var oldest: QueuedFrames? {
        self.parcels.first?.frames.first
    }

    mutating func add(_ number: UInt64, _ frames: [QueuedFrames]) {
        guard !frames.isEmpty else { return }
        self.parcels.append(Parcel(number: number, frames: frames))
        self.bytes += frames.reduce(0) { $0 + $1.bytes }
        self.frameCount += frames.reduce(0) { $0 + $1.count }
    }

    /// Removes a parcel; `nil` if there is none with that number.
    mutating func remove(_ number: UInt64) -> [QueuedFrames]? {
        guard let place = self.parcels.firstIndex(where: { $0.number == number }) else { return nil }
        let frames = self.parcels.remove(at: place).frames
        self.bytes -= frames.reduce(0) { $0 + $1.bytes }
        self.frameCount -= frames.reduce(0) { $0 + $1.count }
        return frames
    }
}
