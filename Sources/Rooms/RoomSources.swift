import DequeModule
import Messaging

/// The numbers by which the engine knows the rooms of one loop.
///
/// Frames that wait in a queue keep the number of their room, even after the room is gone. So a number is not given to
/// another room, and the names of rooms that went lately are kept. Number 0 is that of replies.
struct RoomSources {
    static let remembered = 4096

    private var names: [UInt32: RoomName] = [:]
    /// Rooms that are gone, the oldest first.
    private var gone: Deque<UInt32> = []
    private var last: UInt32 = 0

    subscript(source: UInt32) -> RoomName? {
        self.names[source]
    }

    mutating func open(_ name: RoomName) -> UInt32 {
        repeat {
            self.last &+= 1
            // After 2^32 rooms.
        } while self.last == 0 || self.names[self.last] != nil
        self.names[self.last] = name
        return self.last
    }

    mutating func close(_ source: UInt32) {
        self.gone.append(source)
        if self.gone.count > Self.remembered {
            self.names[self.gone.removeFirst()] = nil
        }
    }
}
