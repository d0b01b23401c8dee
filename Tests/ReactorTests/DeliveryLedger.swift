import Instruments
import Testing

@testable import Reactor

/// Writes down what is told of every frame and member, and what was delivered, and holds one against the other.
final class DeliveryLedger: DeliveryObserver {
    struct Key: Hashable {
        let number: UInt64
        let member: ConnectionHandle
        /// Tells a member's two memberships of one room apart.
        let lane: UInt8
    }

    struct Told: Equatable {
        var isQueued = false
        var outcome: DeliveryOutcome?
    }

    /// What was delivered to one member or to all, and what was told of it.
    struct Counts {
        var delivered = 0
        /// Frames of which anything was told.
        var told = 0
        fileprivate var outcomes = PerCase<DeliveryOutcome, Int>(repeating: 0)

        /// How often an outcome is true: told, or not told of at all, which means written at once.
        subscript(outcome: DeliveryOutcome) -> Int {
            self.outcomes[outcome] + (outcome == .written ? self.delivered - self.told : 0)
        }

        var pending: Int {
            self.told - self.outcomes.sum
        }
    }

    private(set) var all = Counts()
    private(set) var members: [ConnectionHandle: Counts] = [:]
    /// What was told that may not be: twice, of a reply, or after the last word.
    private(set) var faults: [String] = []
    private var delivered: Set<Key> = []
    private var told: [Key: Told] = [:]

    func deliver(_ deliveries: [Delivery], on loop: EventLoop) {
        for delivery in deliveries {
            let frames = delivery.batch.frames
            for number in (0..<frames.frameCount).map(frames.number(of:)) {
                for member in delivery.members {
                    self.delivered.insert(Key(number: number, member: member, lane: delivery.batch.lane))
                    self.all.delivered += 1
                    self.members[member, default: Counts()].delivered += 1
                }
            }
        }
        loop.deliver(deliveries)
    }

    func queued(_ frames: FramePiece, for member: ConnectionHandle, at time: Instant) {
        self.note(frames, member, time) { told in
            guard told == Told() else { return false }
            told.isQueued = true
            return true
        }
    }

    func settled(_ frames: FramePiece, for member: ConnectionHandle, as outcome: DeliveryOutcome, at time: Instant) {
        self.note(frames, member, time) { told in
            // What was never queued and is told of was not written.
            guard told.outcome == nil, told.isQueued || outcome != .written else { return false }
            told.outcome = outcome
            return true
        }
    }

    private func note(
        _ frames: FramePiece,
        _ member: ConnectionHandle,
        _ time: Instant,
        _ change: (inout Told) -> Bool
    ) {
        for place in 0..<frames.count {
            let key = Key(number: frames.number(at: place), member: member, lane: frames.lane)
            let before = self.told[key]
            var after = before ?? Told()
            let isExpected = self.delivered.contains(key) && time == EventLoop.current?.now ?? time
            if !change(&after) || !isExpected {
                self.faults.append("\(key) at \(time): \(String(describing: before)), then \(after)")
            }
            self.told[key] = after
            self.all.add(isNew: before == nil, after.outcome)
            self.members[member, default: Counts()].add(isNew: before == nil, after.outcome)
        }
    }

    /// What one member was written, at once or later.
    func written(to member: ConnectionHandle) -> Set<UInt64> {
        let keys = self.delivered.filter { $0.member == member }
        return Set(keys.filter { self.told[$0].map { $0.outcome == .written } ?? true }.map(\.number))
    }

    /// What was told; `nil` of a frame written at once, and of one that waits.
    func outcome(_ number: UInt64, _ member: ConnectionHandle, lane: UInt8 = 1) -> DeliveryOutcome? {
        self.told[Key(number: number, member: member, lane: lane)]?.outcome
    }
}

extension DeliveryLedger.Counts {
    fileprivate mutating func add(isNew: Bool, _ outcome: DeliveryOutcome?) {
        self.told += isNew ? 1 : 0
        if let outcome {
            self.outcomes[outcome] += 1
        }
    }
}
