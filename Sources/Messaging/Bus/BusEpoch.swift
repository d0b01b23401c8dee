/// One count of an origin in a room; its numbers start at 1.
package struct BusEpoch: Hashable, Sendable {
    /// Drawn at random when the origin starts counting the room.
    package let id: UInt64
    /// Later than the beginning of every epoch that the origin began before, in any room.
    ///
    /// `nil` from a build that does not say.
    package let began: BusTime?

    package init(id: UInt64, began: BusTime?) {
        self.id = id
        self.began = began
    }

    /// Whether the same origin began this one earlier; `false` if that is not known.
    func isOlder(than other: BusEpoch) -> Bool {
        guard let mine = self.began, let theirs = other.began else { return false }
        return mine.nanoseconds < theirs.nanoseconds
    }
}
