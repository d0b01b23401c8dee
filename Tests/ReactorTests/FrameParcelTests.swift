import Instruments
import TestKit
import Testing

@testable import Reactor

/// Frames of a client without a socket, given to somebody who writes them elsewhere.
struct FrameParcelTests {
    private let driven: DrivenLoop
    private let handler = RecordingHandler()
    private let client: ConnectionHandle

    init() throws {
        self.driven = try DrivenLoop()
        self.client = try #require(self.driven.loop.openClient(handler: self.handler))
    }

    private var lane: LaneCounts {
        self.driven.loop.snapshot().lanes[1]
    }

    private func queued(of client: ConnectionHandle? = nil) -> [Int] {
        let counters = self.driven.loop.counters(of: client ?? self.client)
        return [counters?.queuedMessages ?? -1, counters?.queuedBytes ?? -1]
    }

    @Test func `a parcel offers what is queued frame by frame, the oldest first, replies included`() throws {
        self.driven.deliver([[1], [2, 2]], to: self.client)
        self.driven.loop.send([3, 3, 3], to: self.client)
        // Too large to be copied into the queue's own storage.
        let large = [UInt8](repeating: 4, count: 5000)
        self.driven.deliver([large, [5]], to: self.client)
        let parcel = try #require(self.driven.loop.takeFrames(of: self.client, upTo: 10_000))
        #expect(parcel.frames == [[1], [2, 2], [3, 3, 3], large, [5]])
        #expect(parcel.frameCount == 5 && parcel.byteCount == 5007)
        #expect(self.driven.loop.takeFrames(of: self.client, upTo: 10_000) == nil, "all of it is under way")
        self.driven.end()
    }

    @Test func `its frames are pending until it is ended, and then written with all that goes with it`() throws {
        self.driven.deliver([[1], [2, 2]], to: self.client)
        self.driven.loop.send([3, 3, 3], to: self.client)
        let parcel = try #require(self.driven.loop.takeFrames(of: self.client, upTo: 100))
        self.driven.turn(times: 2)
        #expect(self.lane.pending == 2 && self.lane.outcomes.sum == 0)
        #expect(self.queued() == [3, 6])
        #expect(self.driven.loop.queuedSince(of: self.client) != nil)
        self.driven.loop.endParcel(parcel, written: true)
        #expect(self.lane.pending == 0 && self.lane.outcomes[.written] == 2 && self.lane.payloadBytes == 3)
        #expect(self.queued() == [0, 0])
        #expect(self.driven.loop.counters(of: self.client)?.messagesSent == 2)
        #expect(self.driven.loop.counters(of: self.client)?.bytesSent == 6)
        #expect(self.driven.loop.snapshot().queueAge.count == 2)
        #expect(self.handler.heard == [.drained])
        #expect(self.driven.loop.backlog.bytes == 0 && self.driven.loop.backlog.slots.isEmpty)
        self.driven.loop.endParcel(parcel, written: true)
        #expect(self.lane.outcomes.sum == 2, "a second word counts nothing")
        self.driven.end()
    }

    @Test func `one that was not written counts as closed before the write, and what is behind it goes on`() throws {
        self.driven.deliver([[1], [2]], to: self.client)
        let lost = try #require(self.driven.loop.takeFrames(of: self.client, upTo: 1))
        self.driven.loop.endParcel(lost, written: false)
        #expect(self.lane.outcomes[.closedBeforeWrite] == 1 && self.lane.pending == 1)
        #expect(self.driven.loop.counters(of: self.client)?.messagesSent == 0)
        #expect(self.driven.loop.counters(of: self.client)?.bytesSent == 0)
        #expect(self.driven.loop.takeFrames(of: self.client, upTo: 1)?.frames == [[2]])
        self.driven.end()
    }

    @Test func `it holds what fits, but the first frame whatever its size`() throws {
        self.driven.deliver([[1, 1, 1], [2], [3], [4, 4]], to: self.client)
        #expect(self.driven.loop.takeFrames(of: self.client, upTo: 0)?.frames == [[1, 1, 1]])
        #expect(self.driven.loop.takeFrames(of: self.client, upTo: 3)?.frames == [[2], [3]])
        self.driven.loop.send([5], to: self.client, placement: .next)
        #expect(self.driven.loop.takeFrames(of: self.client, upTo: 3)?.frames == [[5], [4, 4]])
        #expect(self.queued() == [5, 8])
        self.driven.end()
    }

    @Test func `several are ended in any order, each by itself`() throws {
        self.driven.deliver([[1], [2, 2], [3, 3, 3]], to: self.client)
        let parcels = try (0..<3).map { _ in try #require(self.driven.loop.takeFrames(of: self.client, upTo: 1)) }
        self.driven.loop.endParcel(parcels[1], written: true)
        #expect(self.queued() == [2, 4])
        self.driven.loop.endParcel(parcels[0], written: false)
        #expect(self.queued() == [1, 3] && self.handler.heard.isEmpty)
        self.driven.loop.endParcel(parcels[2], written: true)
        #expect(self.lane.outcomes[.written] == 2 && self.lane.outcomes[.closedBeforeWrite] == 1)
        #expect(self.handler.heard == [.drained])
        self.driven.end()
    }

    @Test func `there is none of nothing, of a stale handle, and where a socket writes`() throws {
        #expect(self.driven.loop.takeFrames(of: self.client, upTo: 100) == nil)
        let (other, _) = try self.driven.connect(RecordingHandler(), sendBuffer: 4096)
        self.driven.deliver([[UInt8](repeating: 1, count: 100_000), [2]], to: other)
        #expect(self.driven.loop.takeFrames(of: other, upTo: 100) == nil)
        self.driven.loop.close(other)
        #expect(self.driven.loop.takeFrames(of: other, upTo: 100) == nil)
        self.driven.end()
    }

    @Test func `its outcome told after the client's end is harmless, also where another has the place`() throws {
        self.driven.deliver([[1], [2]], to: self.client)
        let parcel = try #require(self.driven.loop.takeFrames(of: self.client, upTo: 1))
        self.driven.loop.close(self.client)
        #expect(self.lane.outcomes[.closedBeforeWrite] == 2 && self.lane.pending == 0)
        #expect(self.driven.loop.backlog.bytes == 0)
        self.driven.loop.endParcel(parcel, written: true)
        self.driven.turn()
        #expect(self.handler.final?.queuedMessages == 2)
        let next = try #require(self.driven.loop.openClient(handler: RecordingHandler()))
        #expect(next.slot == self.client.slot)
        self.driven.deliver([[3]], to: next)
        let own = try #require(self.driven.loop.takeFrames(of: next, upTo: 1))
        self.driven.loop.endParcel(parcel, written: true)
        #expect(self.lane.outcomes.sum == 2 && self.lane.pending == 1)
        #expect(self.queued(of: next) == [1, 1])
        self.driven.loop.endParcel(own, written: true)
        #expect(self.lane.outcomes[.written] == 1 && self.lane.pending == 0)
        self.driven.end()
    }

    @Test func `finish waits for it`() throws {
        self.driven.loop.send([1], to: self.client)
        let parcel = try #require(self.driven.loop.takeFrames(of: self.client, upTo: 1))
        self.driven.loop.finish(self.client, timeout: .seconds(60))
        self.driven.turn(times: 2)
        #expect(!self.handler.isClosed)
        self.driven.loop.endParcel(parcel, written: true)
        self.driven.turn()
        #expect(self.handler.heard == [.closed(.local)])
        self.driven.end()
    }

    @Test func `a socket attached meanwhile waits for its end, without a sound, and then goes on in order`() throws {
        self.driven.deliver([[1], [2]], to: self.client)
        let first = try #require(self.driven.loop.takeFrames(of: self.client, upTo: 1))
        let second = try #require(self.driven.loop.takeFrames(of: self.client, upTo: 1))
        self.driven.deliver([[3]], to: self.client)
        let peer = try self.driven.attachSocket(to: self.client)
        self.driven.deliver([[4]], to: self.client)
        self.driven.loop.send([5], to: self.client)
        #expect(self.driven.ticks(in: .milliseconds(30)) < 20, "it does not spin on a socket that could be written")
        #expect(peer.receive() == [])
        #expect(self.queued() == [5, 5])
        self.driven.loop.endParcel(second, written: true)
        self.driven.turn()
        #expect(peer.receive() == [])
        if self.driven.loop.detach(self.client) != nil {
            Issue.record("it was detached with frames under way")
        }
        self.driven.loop.endParcel(first, written: false)
        #expect(self.driven.turn { self.handler.heard == [.drained] })
        #expect(peer.receive() == [3, 4, 5])
        self.driven.deliver([[6]], to: self.client)
        #expect(peer.receive() == [6])
        #expect(self.lane.outcomes[.written] == 4 && self.lane.outcomes[.closedBeforeWrite] == 1)
        self.driven.end()
    }

    @Test(arguments: [SlowConsumerPolicy.dropNewest, .dropOldest])
    func `no policy drops what is under way, and it takes its room`(policy: SlowConsumerPolicy) throws {
        let budget = QueueBudget(limit: 1000)
        let limits = SendQueueLimits(bytes: 3, policy: policy)
        let driven = try DrivenLoop(EventLoopConfiguration(queue: limits, totalQueue: budget))
        let client = try #require(driven.loop.openClient(handler: RecordingHandler()))
        driven.deliver([[1], [2]], to: client)
        let parcel = try #require(driven.loop.takeFrames(of: client, upTo: 10))
        driven.deliver([[3], [4], [5]], to: client)
        #expect(driven.loop.counters(of: client)?.queuedBytes == 3 && budget.usedBytes == 3)
        #expect(driven.loop.counters(of: client)?.dropped == 2)
        // With nothing under way this would put out all else, and be taken whole.
        driven.deliver([[6, 6, 6, 6]], to: client)
        #expect(driven.loop.counters(of: client)?.dropped == 3)
        driven.loop.endParcel(parcel, written: true)
        let left = try #require(driven.loop.takeFrames(of: client, upTo: 10))
        #expect(left.frames == (policy == .dropNewest ? [[3]] : [[5]]))
        driven.end()
        #expect(budget.usedBytes == 0)
    }

    @Test func `where the queue overflows it stays until the client ends, and counts once`() throws {
        let limits = SendQueueLimits(bytes: 3)
        let driven = try DrivenLoop(EventLoopConfiguration(queue: limits))
        let handler = RecordingHandler()
        handler.onOverflowed = { client, _ in
            driven.loop.send([9], to: client, placement: .next)
            driven.loop.finish(client, timeout: .seconds(60))
        }
        let client = try #require(driven.loop.openClient(handler: handler))
        driven.deliver([[1], [2]], to: client)
        let parcel = try #require(driven.loop.takeFrames(of: client, upTo: 1))
        driven.deliver([[3], [4], [5]], to: client)
        driven.turn()
        let lane = driven.loop.snapshot().lanes[1]
        #expect(lane.outcomes[.closedBeforeWrite] == 3 && lane.outcomes[.droppedSlowConsumer] == 1)
        #expect(lane.pending == 1)
        // The last words can still be fetched.
        let last = try #require(driven.loop.takeFrames(of: client, upTo: 1))
        #expect(last.frames == [[9]])
        driven.loop.endParcel(last, written: true)
        #expect(!handler.isClosed)
        driven.loop.endParcel(parcel, written: true)
        driven.turn()
        #expect(handler.isClosed)
        #expect(driven.loop.snapshot().lanes[1].outcomes[.written] == 1)
        #expect(driven.loop.backlog.bytes == 0)
        driven.end()
    }

    @Test func `one that nobody ends grows old and ends its client`() throws {
        let driven = try DrivenLoop(EventLoopConfiguration(queue: SendQueueLimits(age: .milliseconds(20))))
        let handler = RecordingHandler()
        let client = try #require(driven.loop.openClient(handler: handler))
        driven.deliver([[1]], to: client)
        let parcel = try #require(driven.loop.takeFrames(of: client, upTo: 1))
        #expect(driven.turn { handler.isClosed })
        #expect(handler.ending == .queueAged(source: 1))
        driven.loop.endParcel(parcel, written: true)
        #expect(driven.loop.snapshot().lanes[1].outcomes[.closedBeforeWrite] == 1)
        #expect(driven.loop.snapshot().lanes[1].outcomes[.written] == 0)
        driven.end()
    }

    @Test(.timeLimit(.minutes(1)))
    func `it is read on another thread`() async throws {
        let home = try EventLoop(index: 0, name: "home", configuration: EventLoopConfiguration())
        let away = try EventLoop(index: 1, name: "away", configuration: EventLoopConfiguration())
        let handler = LoopBound(RecordingHandler(), on: home)
        home.start()
        away.start()
        let count = 2000
        let client = await home.perform {
            let client = home.openClient(handler: handler.value)
            for number in 0..<count {
                home.send([UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 1 + number % 7), to: client!)
            }
            return client!
        }
        var frames: [[UInt8]] = []
        while let parcel = await home.perform({ home.takeFrames(of: client!, upTo: 500) }) ?? nil {
            // What is queued meanwhile does not touch what is read here.
            home.execute { home.send([0], to: client!) }
            frames += await away.perform { parcel.frames } ?? []
            home.execute { home.endParcel(parcel, written: true) }
            guard frames.count < count else { break }
        }
        #expect(frames.count >= count)
        for (number, frame) in frames.prefix(count).enumerated() {
            #expect(frame == [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 1 + number % 7))
        }
        for loop in [home, away] {
            loop.stop()
            loop.join()
        }
    }
}

extension FrameParcel {
    /// Each frame's bytes.
    var frames: [[UInt8]] {
        var frames: [[UInt8]] = []
        self.forEachFrame { frame in
            frames.append(frame.indices.map { frame[$0] })
        }
        return frames
    }
}
