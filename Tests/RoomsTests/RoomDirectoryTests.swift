import Messaging
import Rooms
import Testing

@Suite struct RoomDirectoryTests {
    let directory = RoomDirectory()

    func message(_ room: RoomName) -> Message {
        Message(
            id: MessageID(ULID(high: 1, low: 1)),
            room: room,
            kind: .text,
            payload: [],
            from: nil,
            acceptedAt: 0
        )
    }

    @Test func `only the first and the last loop of a room concern the broker`() throws {
        let room = try RoomName("r")
        #expect(self.directory.enter(room, loop: 0).isFirstOnInstance)
        #expect(!self.directory.enter(room, loop: 1).isFirstOnInstance)
        #expect(self.directory.contains(room))
        #expect(!self.directory.leave(room, loop: 0))
        #expect(self.directory.leave(room, loop: 1))
        #expect(!self.directory.contains(room))
        #expect(self.directory.count == 0)
    }

    @Test func `a message goes to the loops that have its room`() throws {
        let (a, b) = (try RoomName("a"), try RoomName("b"))
        _ = self.directory.enter(a, loop: 0)
        _ = self.directory.enter(a, loop: 63)
        _ = self.directory.enter(b, loop: 2)
        let loops = self.directory.loops(of: [self.message(a), self.message(b), self.message(try RoomName("c"))])
        #expect(loops == [1 | 1 << 63, 1 << 2, 0])
    }

    @Test func `the broker's word is kept for those who come later, and lost with the room`() throws {
        let room = try RoomName("r")
        #expect(self.directory.confirm([room]) == [0])
        #expect(!self.directory.enter(room, loop: 0).isConfirmed)
        #expect(self.directory.confirm([room]) == [1])
        #expect(self.directory.enter(room, loop: 1).isConfirmed)
        _ = self.directory.leave(room, loop: 0)
        _ = self.directory.leave(room, loop: 1)
        #expect(!self.directory.enter(room, loop: 1).isConfirmed)
    }
}
