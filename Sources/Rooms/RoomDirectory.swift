import Instruments
package import Messaging

/// Which event loops of this instance have members in which room: the only table that the loops share.
///
/// Read once for each batch of messages from the broker; changed by a loop's first and last member.
package final class RoomDirectory: Sendable {
    /// Each loop is one bit.
    package static let maximumLoops = 64

    private struct Entry {
        var loops: UInt64
        /// The broker has said that messages of the room arrive.
        var isConfirmed = false
    }

    private let table = Lock<[RoomName: Entry]>([:])

    package init() {}

    /// What the first member of a room on a loop finds.
    package struct Arrival: Sendable {
        package let isFirstOnInstance: Bool
        package let isConfirmed: Bool
    }

    package func enter(_ room: RoomName, loop: Int) -> Arrival {
        self.table.withLock { table in
            let known = table[room]
            table[room, default: Entry(loops: 0)].loops |= 1 << UInt64(loop)
            return Arrival(isFirstOnInstance: known == nil, isConfirmed: known?.isConfirmed ?? false)
        }
    }

    /// - Returns: Whether no loop has the room any more.
    package func leave(_ room: RoomName, loop: Int) -> Bool {
        self.table.withLock { table in
            guard var entry = table[room] else { return false }
            entry.loops &= ~(1 << UInt64(loop))
            table[room] = entry.loops == 0 ? nil : entry
            return entry.loops == 0
        }
    }

    package func contains(_ room: RoomName) -> Bool {
        self.table.withLock { $0[room] != nil }
    }

    /// The loops that have members in each of the rooms, one bit per loop.
    package func loops(of messages: [Message]) -> [UInt64] {
        self.table.withLock { table in messages.map { table[$0.room]?.loops ?? 0 } }
    }

    /// Notes that messages of these rooms arrive from now on.
    ///
    /// - Returns: The loops to tell, one bit per loop, for each room.
    package func confirm(_ rooms: [RoomName]) -> [UInt64] {
        self.table.withLock { table in
            rooms.map { room in
                guard let loops = table[room]?.loops else { return 0 }
                table[room]?.isConfirmed = true
                return loops
            }
        }
    }

    /// Whether the room is still the one whose messages arrive: it may have been left and joined again meanwhile.
    package func isConfirmed(_ room: RoomName) -> Bool {
        self.table.withLock { $0[room]?.isConfirmed ?? false }
    }

    package var count: Int {
        self.table.withLock { $0.count }
    }
}
