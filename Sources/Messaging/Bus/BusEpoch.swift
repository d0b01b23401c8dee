/// One count of an origin in a room: its numbers begin at 1.
package struct BusEpoch: Hashable, Sendable {
    /// Drawn at random when the origin begins to count the room.
    package let id: UInt64
    /// Later than the beginnings of all epochs that the origin began before, in any room.
    ///
    /// `nil` from a build that does not tell.
    package let began: BusTime?

    package init(id: UInt64, began: BusTime?) {
        self.id = id
        self.began = began
    }

    /// Whether the same origin began this one before; `false` where that is not told.
    func isOlder(than other: BusEpoch) -> Bool {
        guard let mine = self.began, let theirs = other.began else { return false }
        return mine.nanoseconds < theirs.nanoseconds
    }
}
