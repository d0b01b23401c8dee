import Messaging
import Reactor
import TestKit
import Testing

@testable import Rooms
@testable import Sessions

@Suite struct SubscriptionListTests {
    @Test func `it finds what a plain list finds, few or many, in the same order`() throws {
        var random = SeededGenerator()
        let rooms = try (0..<60).map { LocalRoom(name: try RoomName("r\($0)"), source: UInt32($0)) }
        var list = SubscriptionList()
        var model: [Subscription] = []
        for step in 0..<4000 {
            let room = try #require(rooms.randomElement(using: &random))
            let known = model.first { $0.roomName == room.name }
            #expect(list[room.name] === known)
            // Grows and shrinks in turns, past the number from which on there is a table.
            if known == nil, step / 500 % 2 == 0 || Bool.random(using: &random) {
                let member = ConnectionHandle(slot: UInt32(step), generation: 1)
                let subscription = room.add(member, as: MessageEncoding(.plain), at: 7)
                list.append(subscription)
                model.append(subscription)
            } else if step / 500 % 2 == 1 {
                let removed = list.remove(room.name)
                #expect(removed === known)
                model.removeAll { $0 === known }
            }
            #expect(list.count == model.count && zip(list.all, model).allSatisfy { $0 === $1 })
        }
    }
}
