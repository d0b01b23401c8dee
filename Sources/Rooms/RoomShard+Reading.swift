package import Instruments
package import Messaging
package import Reactor

/// A room as one event loop sees it at one moment.
package struct RoomGlance: Sendable {
    package let name: RoomName
    package private(set) var members: PerCase<ProtocolName, Int>
    package private(set) var rates: RoomRates

    init(_ room: LocalRoom, at now: Instant) {
        self.name = room.name
        var members = PerCase<ProtocolName, Int>(repeating: 0)
        room.forEachAudience { members[$0.encoding.protocolName] += $0.members.count }
        self.members = members
        self.rates = room.traffic.rates(at: now)
    }

    /// The same room seen from two loops: members add up; every loop sees the same messages, or fewer if it came later.
    package mutating func add(_ other: RoomGlance) {
        self.members += other.members
        self.rates.messagesPerSecond = max(self.rates.messagesPerSecond, other.rates.messagesPerSecond)
        self.rates.bytesPerSecond = max(self.rates.bytesPerSecond, other.rates.bytesPerSecond)
    }
}

extension RoomShard {
    /// What one step of reading all rooms has found.
    package struct Step: Sendable {
        package let glances: [RoomGlance]
        /// Where the next step goes on; `nil` after the last one.
        package let next: Int?
    }

    /// How many rooms one step reads, so that it ends in well under a millisecond.
    private static let roomsPerStep = 256

    /// Reads some rooms, the newest first.
    ///
    /// Rooms may come and go between steps. None that stays is missed, but one may be met twice.
    ///
    /// - Parameter end: What the step before returned; `nil` at the beginning.
    package func read(below end: Int? = nil) -> Step {
        let end = min(end ?? self.list.count, self.list.count)
        let start = max(0, end - Self.roomsPerStep)
        let glances = self.list[start..<end].map { RoomGlance($0, at: self.loop.now) }
        return Step(glances: glances, next: start > 0 ? start : nil)
    }

    /// One room, with its members, which are shared with it, not copied; `nil` if it has none on this loop.
    package func read(_ name: RoomName) -> (glance: RoomGlance, members: [[ConnectionHandle]])? {
        guard let room = self.rooms[name] else { return nil }
        var members: [[ConnectionHandle]] = []
        room.forEachAudience { members.append($0.members) }
        return (RoomGlance(room, at: self.loop.now), members)
    }

    // MARK: - Marks

    /// Begins to set marks, since the first room has come.
    func beginMarking() {
        guard self.markTimer == nil else { return }
        self.markTimer = self.loop.schedule(after: RoomTraffic.markInterval) { [weak self] in
            self?.mark(below: nil)
        }
    }

    /// Sets the marks of some rooms, and goes on with the others in a later turn.
    private func mark(below end: Int?) {
        let end = min(end ?? self.list.count, self.list.count)
        let start = max(0, end - 4 * Self.roomsPerStep)
        for room in self.list[start..<end] {
            room.traffic.mark(at: self.loop.now)
        }
        if start > 0 {
            self.markTimer = self.loop.schedule(after: .zero) { [weak self] in self?.mark(below: start) }
        } else {
            self.markTimer = nil
            if !self.list.isEmpty { self.beginMarking() }
        }
    }
}
