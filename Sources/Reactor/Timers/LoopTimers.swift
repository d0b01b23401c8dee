/// Names a piece of work that a loop was asked to do later.
package struct TimerToken: Hashable, Sendable {
    let number: UInt64
}

/// Work of the loop itself that is due at a time: a binary heap, and the work by its number.
///
/// Cancelled work leaves its place in the heap behind; the heap is swept when most of it is such places.
struct LoopTimers {
    private struct Place {
        let deadline: UInt64
        let number: UInt64

        static func < (left: Place, right: Place) -> Bool {
            (left.deadline, left.number) < (right.deadline, right.number)
        }
    }

    private var heap: [Place] = []
    private var work: [UInt64: () -> Void] = [:]
    private var lastNumber: UInt64 = 0

    var count: Int {
        self.work.count
    }

    /// When the next is due; too early where that one was cancelled.
    var nextDeadline: UInt64 {
        self.heap.first?.deadline ?? .max
    }

    mutating func schedule(at deadline: UInt64, _ work: @escaping () -> Void) -> TimerToken {
        self.lastNumber += 1
        self.work[self.lastNumber] = work
        self.push(Place(deadline: deadline, number: self.lastNumber))
        return TimerToken(number: self.lastNumber)
    }

    mutating func cancel(_ token: TimerToken) {
        self.work[token.number] = nil
        if self.heap.count > 64, self.heap.count > 2 * self.work.count {
            self.sweep()
        }
    }

    /// Takes everything out.
    mutating func removeAll() {
        self.heap = []
        self.work = [:]
    }

    /// The next work that is due, in the order of deadlines, then of scheduling.
    mutating func takeDue(at now: UInt64) -> (() -> Void)? {
        while let first = self.heap.first, first.deadline <= now {
            self.popFirst()
            if let work = self.work.removeValue(forKey: first.number) {
                return work
            }
        }
        return nil
    }

    private mutating func sweep() {
        let kept = self.heap.filter { self.work[$0.number] != nil }
        self.heap.removeAll(keepingCapacity: true)
        for place in kept {
            self.push(place)
        }
    }

    private mutating func push(_ place: Place) {
        self.heap.append(place)
        var child = self.heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard self.heap[child] < self.heap[parent] else { break }
            self.heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func popFirst() {
        self.heap.swapAt(0, self.heap.count - 1)
        self.heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < self.heap.count {
                if self.heap[child] < self.heap[least] {
                    least = child
                }
            }
            guard least != parent else { break }
            self.heap.swapAt(parent, least)
            parent = least
        }
    }
}
