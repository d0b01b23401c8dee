import HeapModule

/// Identifies a piece of work that a loop was asked to do later.
package struct TimerToken: Hashable, Sendable {
    let number: UInt64
}

/// The loop's own work that is due at some time: a heap of deadlines, and the work by its number.
///
/// Cancelled work stays in the heap; the heap is swept when most of it is cancelled.
struct LoopTimers {
    private struct Place: Comparable {
        let deadline: UInt64
        let number: UInt64

        static func < (left: Place, right: Place) -> Bool {
            (left.deadline, left.number) < (right.deadline, right.number)
        }
    }

    private var places = Heap<Place>()
    private var work: [UInt64: () -> Void] = [:]
    private var lastNumber: UInt64 = 0

    var count: Int {
        self.work.count
    }

    /// When the next work is due; may be too early if that work was cancelled.
    var nextDeadline: UInt64 {
        self.places.min?.deadline ?? .max
    }

    mutating func schedule(at deadline: UInt64, _ work: @escaping () -> Void) -> TimerToken {
        self.lastNumber += 1
        self.work[self.lastNumber] = work
        self.places.insert(Place(deadline: deadline, number: self.lastNumber))
        return TimerToken(number: self.lastNumber)
    }

    mutating func cancel(_ token: TimerToken) {
        self.work[token.number] = nil
        if self.places.count > 64, self.places.count > 2 * self.work.count {
            let kept = self.work
            self.places.removeAll { kept[$0.number] == nil }
        }
    }

    /// Takes everything out.
    mutating func removeAll() {
        self.places = []
        self.work = [:]
    }

    /// The next work that is due, ordered by deadline, then by time of scheduling.
    mutating func takeDue(at now: UInt64) -> (() -> Void)? {
        while let first = self.places.min, first.deadline <= now {
            self.places.removeMin()
            if let work = self.work.removeValue(forKey: first.number) {
                return work
            }
        }
        return nil
    }
}
