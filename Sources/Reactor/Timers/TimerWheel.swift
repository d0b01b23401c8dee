import Instruments

/// The deadlines of connections, one each, linked through their records.
///
/// Setting one allocates nothing and takes the same time whether there are ten or a million.
///
/// Six levels of 64 buckets. A bucket of the first level is 4.2 ms wide; a deadline is never early and at most that
/// late. A deadline that is moved back stays in its bucket, and is linked again when that bucket comes.
struct TimerWheel {
    static let never = UInt64.max
    static let none = UInt32.max
    static let unlinked = UInt16.max

    private static let shift: UInt64 = 22
    private static let levels = 6
    private static let farthest: UInt64 = 1 << 35

    private var heads = Array(repeating: TimerWheel.none, count: TimerWheel.levels * 64)
    private var occupied: [UInt64] = Array(repeating: 0, count: TimerWheel.levels)
    /// The time last reached, in bucket widths.
    private var elapsed: UInt64

    init(now: UInt64) {
        self.elapsed = now >> TimerWheel.shift
    }

    /// Sets, moves or (`never`) removes the deadline of a connection.
    mutating func set(_ slot: UInt32, at deadline: UInt64, in slab: Slab) {
        let isLinked = slab[slot].timerBucket != TimerWheel.unlinked
        let isLater = deadline >= slab[slot].deadline
        slab[slot].deadline = deadline
        slab[slot].flags.remove(.isDeadlineDue)
        if deadline == TimerWheel.never {
            if isLinked {
                self.unlink(slot, in: slab)
            }
        } else if !isLinked {
            self.link(slot, in: slab)
        } else if !isLater {
            self.unlink(slot, in: slab)
            self.link(slot, in: slab)
        }
    }

    /// Collects the connections whose deadlines have passed; they then have none.
    mutating func advance(to now: UInt64, in slab: Slab, due: inout [ConnectionHandle]) {
        let target = now >> TimerWheel.shift
        while let (bucket, start) = self.nextBucket(), start <= target {
            self.elapsed = start
            var slot = self.heads[bucket]
            self.heads[bucket] = TimerWheel.none
            self.occupied[bucket >> 6] &= ~(1 << UInt64(bucket & 63))
            while slot != TimerWheel.none {
                let next = slab[slot].timerNext
                slab[slot].timerBucket = TimerWheel.unlinked
                if TimerWheel.width(of: slab[slot].deadline) <= self.elapsed {
                    slab[slot].deadline = TimerWheel.never
                    slab[slot].flags.insert(.isDeadlineDue)
                    due.append(ConnectionHandle(slot: slot, generation: slab[slot].generation))
                } else {
                    self.link(slot, in: slab)
                }
                slot = next
            }
        }
        self.elapsed = max(self.elapsed, target)
    }

    /// When the loop must check again; `never` without deadlines.
    var nextLook: UInt64 {
        guard let (_, start) = self.nextBucket() else { return TimerWheel.never }
        return start << TimerWheel.shift
    }

    /// The first time at which a deadline has certainly passed, in bucket widths.
    private static func width(of deadline: UInt64) -> UInt64 {
        (deadline >> self.shift) + (deadline & ((1 << self.shift) - 1) == 0 ? 0 : 1)
    }

    /// The first bucket that is not empty, and when it begins, in bucket widths.
    private func nextBucket() -> (bucket: Int, start: UInt64)? {
        for level in 0..<TimerWheel.levels where self.occupied[level] != 0 {
            let bits = UInt64(level * 6)
            let here = (self.elapsed >> bits) & 63
            // Rotated so that the current bucket comes first.
            let turned = self.occupied[level] >> here | self.occupied[level] << ((64 - here) & 63)
            let ahead = UInt64(turned.trailingZeroBitCount)
            let start = ((self.elapsed >> bits) + ahead) << bits
            return (level * 64 + Int((here + ahead) & 63), max(start, self.elapsed))
        }
        return nil
    }

    private mutating func link(_ slot: UInt32, in slab: Slab) {
        let wanted = max(TimerWheel.width(of: slab[slot].deadline), self.elapsed + 1)
        let when = min(wanted, self.elapsed + TimerWheel.farthest)
        // The highest digit in which the two differ determines how coarse a bucket may be.
        let highest = 63 - ((self.elapsed ^ when) | 63).leadingZeroBitCount
        let level = min(highest / 6, TimerWheel.levels - 1)
        let bucket = level * 64 + Int((when >> UInt64(level * 6)) & 63)
        let head = self.heads[bucket]
        slab[slot].timerBucket = UInt16(bucket)
        slab[slot].timerPrevious = TimerWheel.none
        slab[slot].timerNext = head
        if head != TimerWheel.none {
            slab[head].timerPrevious = slot
        }
        self.heads[bucket] = slot
        self.occupied[level] |= 1 << UInt64(bucket & 63)
    }

    private mutating func unlink(_ slot: UInt32, in slab: Slab) {
        let bucket = Int(slab[slot].timerBucket)
        let (previous, next) = (slab[slot].timerPrevious, slab[slot].timerNext)
        if previous != TimerWheel.none {
            slab[previous].timerNext = next
        } else {
            self.heads[bucket] = next
        }
        if next != TimerWheel.none {
            slab[next].timerPrevious = previous
        }
        if self.heads[bucket] == TimerWheel.none {
            self.occupied[bucket >> 6] &= ~(1 << UInt64(bucket & 63))
        }
        slab[slot].timerBucket = TimerWheel.unlinked
    }
}
