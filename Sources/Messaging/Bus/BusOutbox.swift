import DequeModule
package import Instruments

/// Publications on their way to a broker, in order: first those that were sent but not answered, then those that wait
/// because the bus is away.
///
/// What was unanswered when the connection broke is sent again on the next one, under the same numbers and before
/// anything newer. If the bus had already taken some of it, receivers recognise the numbers and drop it. Nothing waits
/// longer than patience lasts, counted from when the bus went away. What is given up then may have been published, so
/// its room continues under a new epoch.
package struct BusOutbox: Sendable {
    /// A publication with its place in the sequence.
    package struct Numbered: Sendable {
        package let publication: Publication
        package let stamp: BusStamp
    }

    private struct Entry {
        let publication: Publication
        /// `nil` until it is sent for the first time.
        var stamp: BusStamp?
        /// When patience ends because the bus is away; `nil` while the bus has been there all the time.
        var deadline: Instant?
    }

    /// Numbers them, and knows what to announce.
    package var sequence: BusSequencePublisher
    private let patience: Duration
    private var entries: Deque<Entry> = []
    private var isOpen = false

    package init(origin: BusOrigin, patience: Duration, limits: BusSequenceLimits = BusSequenceLimits()) {
        self.sequence = BusSequencePublisher(origin: origin, limits: limits)
        self.patience = patience
    }

    /// When `giveUp` has something to give up, unless the bus comes back before; `nil` if never.
    package var nextDeadline: Instant? { self.isOpen ? nil : self.entries.first?.deadline }

    /// Takes publications.
    ///
    /// - Parameters:
    ///   - time: On the clock that all instances share.
    ///   - chance: Draws 64 random bits.
    /// - Returns: What to send now: nothing while the bus is away.
    package mutating func add(
        _ publications: [Publication],
        at now: Instant,
        time: BusTime,
        chance: () -> UInt64
    ) -> [Numbered] {
        guard self.isOpen else {
            let deadline = now + self.patience
            for publication in publications {
                self.entries.append(Entry(publication: publication, deadline: deadline))
            }
            return []
        }
        return publications.map { publication in
            let numbered = self.number(publication, at: now, time: time, chance: chance)
            self.entries.append(Entry(publication: publication, stamp: numbered.stamp))
            return numbered
        }
    }

    private mutating func number(
        _ publication: Publication,
        at now: Instant,
        time: BusTime,
        chance: () -> UInt64
    ) -> Numbered {
        let stamp = self.sequence.stamp(publication.message.room, at: now, time: time, newEpoch: chance())
        return Numbered(publication: publication, stamp: stamp)
    }

    /// The bus is there.
    ///
    /// - Returns: What to send, before anything else.
    package mutating func opened(at now: Instant, time: BusTime, chance: () -> UInt64) -> [Numbered] {
        self.isOpen = true
        return self.entries.indices.map { index in
            let entry = self.entries[index]
            if let stamp = entry.stamp {
                return Numbered(publication: entry.publication, stamp: stamp)
            }
            let numbered = self.number(entry.publication, at: now, time: time, chance: chance)
            self.entries[index].stamp = numbered.stamp
            return numbered
        }
    }

    /// The connection is lost: unanswered publications wait for the next one.
    package mutating func closed(at now: Instant) {
        self.isOpen = false
        let deadline = now + self.patience
        for index in self.entries.indices where self.entries[index].deadline == nil {
            self.entries[index].deadline = deadline
        }
    }

    /// The broker has taken the oldest publication that it had not answered.
    ///
    /// - Parameter isHeard: Whether anybody but this instance got it.
    /// - Returns: `nil` if none was sent.
    package mutating func accepted(isHeard: (RoomName) -> Bool, at now: Instant) -> Publication? {
        guard let stamp = self.entries.first?.stamp, let publication = self.entries.popFirst()?.publication else {
            return nil
        }
        let room = publication.message.room
        self.sequence.accepted(stamp, in: room, isHeard: isHeard(room), at: now)
        return publication
    }

    /// The broker has refused the oldest publication that it had not answered.
    package mutating func refused() -> Publication? {
        guard let stamp = self.entries.first?.stamp, let publication = self.entries.popFirst()?.publication else {
            return nil
        }
        self.sequence.doubted(stamp, in: publication.message.room)
        return publication
    }

    /// Gives up what has waited too long, and everything after it in the same rooms that may have been published.
    package mutating func giveUp(at now: Instant) -> [Publication] {
        guard let deadline = self.nextDeadline, deadline <= now else { return [] }
        var doubtful: Set<RoomName> = []
        var kept: Deque<Entry> = []
        var given: [Publication] = []
        for entry in self.entries {
            let room = entry.publication.message.room
            let isOver = entry.deadline.map { $0 <= now } ?? false
            guard isOver || (entry.stamp != nil && doubtful.contains(room)) else {
                kept.append(entry)
                continue
            }
            if let stamp = entry.stamp {
                doubtful.insert(room)
                self.sequence.doubted(stamp, in: room)
            }
            given.append(entry.publication)
        }
        self.entries = kept
        return given
    }

    /// Gives up everything.
    package mutating func stop() -> [Publication] {
        self.isOpen = false
        defer { self.entries = [] }
        return self.entries.map(\.publication)
    }
}
