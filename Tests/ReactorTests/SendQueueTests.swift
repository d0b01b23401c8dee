import CLinux
import Instruments
import TestKit
import Testing

@testable import Reactor

struct SendQueueTests {
    /// A plain list of frames that does what a queue should.
    private struct Model {
        struct Frame: Equatable {
            let bytes: [UInt8]
            let lane: UInt8
            var number: UInt64 = 0
        }

        var frames: [Frame] = []
        var begun = 0

        var unsent: [UInt8] {
            Array(self.frames.flatMap(\.bytes).dropFirst(self.begun))
        }
    }

    /// The frames' numbers are those from `number` on.
    private static func storage(_ lane: UInt8, _ frames: [[UInt8]], from number: UInt64 = 0) -> FrameStorage {
        let storage = FrameStorage(lane: lane, capacity: 1)
        for (place, frame) in frames.enumerated() {
            let number = number + UInt64(place)
            unsafe frame.withUnsafeBufferPointer { bytes in
                unsafe storage.append(bytes, number: number, payloadBytes: frame.count)
            }
        }
        return storage
    }

    private static func numbers(of piece: FramePiece) -> [UInt64] {
        (0..<piece.count).map(piece.number(at:))
    }

    private static func described(_ queue: SendQueue, limit: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        unsafe withUnsafeTemporaryAllocation(of: iovec.self, capacity: limit) { pieces in
            guard let base = pieces.baseAddress else { return }
            for place in 0..<(unsafe queue.describe(base, limit: limit)) {
                unsafe bytes += UnsafeRawBufferPointer(start: base[place].iov_base, count: base[place].iov_len)
            }
        }
        return bytes
    }

    @Test(arguments: SeededGenerator.seeds(always: 1, 2, 3, 4, 5))
    func `it does what a plain list of frames does`(seed: UInt64) {
        var random = SeededGenerator(printing: seed)
        let queue = SendQueue(place: 0)
        var model = Model()
        var next: UInt8 = 0
        var number: UInt64 = 0
        func frame() -> [UInt8] {
            next &+= 1
            // Both small ones, which are copied, and larger ones, which are shared.
            let sizes = Bool.random(using: &random) ? 1...9 : 300...1500
            return [UInt8](repeating: next, count: Int.random(in: sizes, using: &random))
        }
        for _ in 0..<4000 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0, 1:
                let lane = UInt8.random(in: 0...2, using: &random)
                let frames = (0..<Int.random(in: 1...4, using: &random)).map { _ in frame() }
                let first = Int.random(in: 0..<frames.count, using: &random)
                let piece = FramePiece(Self.storage(lane, frames, from: number), first, frames.count, source: 0)
                queue.append(piece, begun: 0, since: 0)
                for (place, bytes) in frames.enumerated().dropFirst(first) {
                    model.frames.append(Model.Frame(bytes: bytes, lane: lane, number: number + UInt64(place)))
                }
                number += UInt64(frames.count)
            case 2:
                let ping = frame()
                queue.insertNext(Self.storage(0, [ping]), since: 0)
                model.frames.insert(Model.Frame(bytes: ping, lane: 0), at: model.begun > 0 ? 1 : 0)
            case 3:
                let needed = Int.random(in: 1...2500, using: &random)
                let isNewest = Bool.random(using: &random)
                let first = model.begun > 0 ? 1 : 0
                var places = model.frames.indices.filter { $0 >= first && model.frames[$0].lane != 0 }
                if isNewest {
                    places.reverse()
                }
                var freed = 0
                var dropped: Set<Int> = []
                for place in places where freed < needed {
                    freed += model.frames[place].bytes.count
                    dropped.insert(place)
                }
                let isEmptied = dropped.count == model.frames.count
                var shown: [UInt64] = []
                let isDone = queue.displace(for: needed, limit: queue.bytes, newestFirst: isNewest) { frames in
                    shown += Self.numbers(of: frames)
                }
                #expect(isDone == (freed >= needed || isEmptied))
                if isDone {
                    #expect(shown.sorted() == dropped.map { model.frames[$0].number }.sorted())
                    model.frames = model.frames.indices.filter { !dropped.contains($0) }.map { model.frames[$0] }
                } else {
                    #expect(shown.isEmpty)
                }
            case 4:
                guard Int.random(in: 0..<40, using: &random) == 0 else { continue }
                var shown: [UInt64] = []
                queue.discard(keepingBegun: true) { shown += Self.numbers(of: $0) }
                let kept = model.begun > 0 ? 1 : 0
                #expect(shown == model.frames.dropFirst(kept).map(\.number))
                model.frames = Array(model.frames.prefix(kept))
            default:
                let count = Int.random(in: 0...min(model.unsent.count, 2500), using: &random)
                var shown: [UInt64] = []
                queue.take(count) { frames, _ in shown += Self.numbers(of: frames) }
                var left = count + model.begun
                var written: [UInt64] = []
                while let first = model.frames.first, first.bytes.count <= left {
                    left -= first.bytes.count
                    written.append(first.number)
                    model.frames.removeFirst()
                }
                model.begun = left
                #expect(shown == written)
            }
            #expect(queue.bytes == model.unsent.count)
            #expect(queue.frameCount == model.frames.count)
            #expect(queue.isEmpty == model.frames.isEmpty)
            #expect(Self.described(queue, limit: 1000) == model.unsent)
            #expect(model.unsent.starts(with: Self.described(queue, limit: 3)))
            var pending = [UInt64](repeating: 0, count: SendTally.lanes)
            queue.countPending(into: &pending)
            for lane in 0...2 {
                #expect(Int(pending[lane]) == model.frames.count { $0.lane == lane })
            }
        }
    }

    @Test func `a ping is as old as what it goes before, so the oldest stays first`() {
        let queue = SendQueue(place: 0)
        queue.append(FramePiece(Self.storage(1, [[1, 1], [2]]), 0, 2, source: 5), begun: 1, since: 100)
        queue.insertNext(Self.storage(0, [[9]]), since: 900)
        queue.take(1) { _, _ in }
        #expect(queue.oldest?.since == 100)
    }

    @Test func `a failed call's frames met the error, the others the end`() {
        let queue = SendQueue(place: 0)
        let large = [[UInt8](repeating: 1, count: 2000), [UInt8](repeating: 2, count: 2000)]
        queue.append(FramePiece(Self.storage(1, large, from: 10), 0, 2, source: 5), begun: 100, since: 0)
        queue.append(FramePiece(Self.storage(2, large, from: 20), 0, 2, source: 6), begun: 0, since: 0)
        var (failed, ended): ([UInt64], [UInt64]) = ([], [])
        queue.fail(bytes: 3900) { frames, outcome in
            if outcome == .writeError {
                failed += Self.numbers(of: frames)
            } else {
                ended += Self.numbers(of: frames)
            }
        }
        #expect(failed == [10, 11] && ended == [20, 21])
        #expect(queue.isEmpty && queue.bytes == 0)
    }

    @Test func `storage that queues hold is trimmed and keeps its frames`() {
        let batch = SendBatch(lane: 1)
        let frame = [UInt8](repeating: 42, count: 2000)
        batch.append(bytes: 100_000, number: 0, payloadBytes: 1) { output in
            for byte in frame {
                output.append(byte)
            }
        }
        let queue = SendQueue(place: 0)
        queue.append(FramePiece(batch.frames, 0, 1, source: 0), begun: 0, since: 0)
        batch.trimIfShared()
        batch.removeAll()
        batch.append([1, 2, 3].span, number: 1)
        #expect(Self.described(queue, limit: 4) == frame)
        #expect(batch.byteCount == 3 && batch.frameCount == 1)
    }

    @Test func `small frames of many batches lie together, and each keeps its message, room and age`() {
        let queue = SendQueue(place: 0)
        for number in 0..<1000 as Range<UInt8.Stride> {
            let batch = SendBatch(lane: 1)
            batch.append([UInt8](repeating: UInt8(number % 250), count: 20).span, number: UInt64(number))
            let piece = FramePiece(batch.frames, 0, 1, source: UInt32(number))
            queue.append(piece, begun: 0, since: UInt64(number) * 1_000_000_000)
        }
        #expect(queue.bytes == 20_000)
        #expect(Self.described(queue, limit: 3) == Self.described(queue, limit: 1000), "in three pieces at most")
        var shown: [[UInt64]] = []
        for number in 0..<999 {
            #expect(queue.oldest?.source == UInt32(number))
            #expect(queue.oldest?.since == UInt64(number) * 1_000_000_000)
            queue.take(20) { frames, since in
                shown.append(Self.numbers(of: frames) + [UInt64(frames.source), since / 1_000_000_000])
            }
        }
        #expect(shown == (0..<999).map { [$0, $0, $0] })
    }
}
