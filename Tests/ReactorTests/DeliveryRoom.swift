import Instruments
import TestKit
import Testing

@testable import Reactor

/// A loop with connections whose kernel takes little.
struct DeliveryRoom: CustomTestStringConvertible {
    let driven: DrivenLoop
    let wire: Wire
    var members: [ConnectionHandle] = []
    var peers: [Peer] = []
    var handlers: [RecordingHandler] = []
    var expected: UInt64 = 0

    init(
        _ wire: Wire,
        members count: Int,
        sendBuffer: Int? = nil,
        queue: SendQueueLimits = SendQueueLimits(),
        budget: QueueBudget? = nil
    ) throws {
        let configuration = EventLoopConfiguration(queue: queue, totalQueue: budget)
        self.driven = try DrivenLoop(configuration)
        self.wire = wire
        for _ in 0..<count {
            let handler = RecordingHandler()
            let (connection, peer) = try self.driven.connect(handler, sendBuffer: sendBuffer, wire: wire)
            self.members.append(connection)
            self.peers.append(peer)
            self.handlers.append(handler)
        }
    }

    mutating func deliver(_ frames: [[UInt8]], lane: UInt8 = 1, to members: [ConnectionHandle]? = nil) {
        let members = members ?? self.members
        self.expected += UInt64(frames.count * members.count)
        let batch = SendBatch(lane: lane, frames)
        self.driven.loop.deliver([Delivery(batch: batch, members: members, source: UInt32(lane))])
    }

    /// Two rooms in one call.
    mutating func deliver(
        two first: [UInt8],
        to some: [ConnectionHandle],
        and second: [UInt8],
        to others: [ConnectionHandle]
    ) {
        self.expected += UInt64(some.count + others.count)
        self.driven.loop.deliver([
            Delivery(batch: SendBatch(lane: 1, [first]), members: some, source: 1),
            Delivery(batch: SendBatch(lane: 1, [second]), members: others, source: 2),
        ])
    }

    var lane: LaneCounts {
        self.driven.loop.snapshot().lanes[1]
    }

    func count(_ outcome: DeliveryOutcome) -> UInt64 {
        self.driven.loop.snapshot().lanes.reduce(0) { $0 + $1.outcomes[outcome] }
    }

    var testDescription: String {
        let lanes = self.driven.loop.snapshot().lanes.dropFirst()
        let outcomes = DeliveryOutcome.allCases.map { "\($0.label) \(self.count($0))" }
        return "expected \(self.expected) pending \(lanes.map(\.pending).reduce(0, +)) \(outcomes)"
    }

    /// Whether every frame of every member has exactly one outcome or is pending.
    var isConserved: Bool {
        let lanes = self.driven.loop.snapshot().lanes.dropFirst()
        return lanes.reduce(0) { $0 + $1.outcomes.sum + $1.pending } == self.expected
    }

    /// Takes what arrives until nothing is queued.
    func drain(_ received: inout [[UInt8]]) -> Bool {
        self.driven.turn {
            for (place, peer) in self.peers.enumerated() {
                received[place] += peer.receive() ?? []
            }
            return self.driven.loop.backlog.slots.isEmpty
        }
    }
}
