import Instruments
import Messaging
import Reactor
import Testing

@testable import Rooms

@Suite struct LocalRoomTests {
    @Test func `members keep their places through any coming and going`() throws {
        let room = LocalRoom(name: try RoomName("r"), source: 0)
        var random = SystemRandomNumberGenerator()
        var present: [Subscription] = []
        var next: UInt32 = 0
        for _ in 0..<2000 {
            if present.isEmpty || Bool.random(using: &random) {
                let lane = ProtocolName.allCases.randomElement(using: &random)!
                present.append(room.add(ConnectionHandle(slot: next, generation: 1), lane: lane))
                next += 1
            } else {
                room.remove(present.remove(at: Int.random(in: present.indices, using: &random)))
            }
            #expect(room.memberCount == present.count)
            for lane in ProtocolName.allCases {
                let members = Set(present.filter { $0.lane == lane }.map(\.member))
                #expect(Set(room.lanes[lane].members) == members)
                #expect(room.lanes[lane].members.count == members.count)
            }
            for subscription in present {
                #expect(room.lanes[subscription.lane].members[subscription.index] == subscription.member)
            }
        }
    }
}
