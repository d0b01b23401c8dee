import Synchronization

/// The bound on what waits for clients and what is kept of their unfinished messages, on all loops together.
///
/// Above it, loops that hold more than their share end the connections with the most.
package final class QueueBudget: Sendable {
    /// In bytes.
    package let limit: Int
    // Every loop adds and subtracts; nothing else is ordered by these, so relaxed is enough.
    private let queued = Atomic<Int>(0)
    private let kept = Atomic<Int>(0)
    private let loops = Atomic<Int>(0)

    package init(limit: Int) {
        self.limit = limit
    }

    package var usedBytes: Int {
        self.queuedBytes + self.kept.load(ordering: .relaxed)
    }

    /// What waits for clients.
    var queuedBytes: Int {
        self.queued.load(ordering: .relaxed)
    }

    var share: Int {
        self.limit / max(1, self.loops.load(ordering: .relaxed))
    }

    func join() {
        self.loops.add(1, ordering: .relaxed)
    }

    func leave() {
        self.loops.subtract(1, ordering: .relaxed)
    }

    /// Also for what travels between loops on its way to clients.
    package func add(_ bytes: Int) {
        self.queued.add(bytes, ordering: .relaxed)
    }

    func addKept(_ bytes: Int) {
        self.kept.add(bytes, ordering: .relaxed)
    }
}

/// Is told when the queues of the whole instance approach their bound.
package protocol PressureObserver: AnyObject {
    /// `true` from three quarters of the bound until below half of it. Meanwhile publications wait by not being read.
    func pressureChanged(_ hasPressure: Bool)
}
