import Messaging
import Reactor
import TestKit
import Testing

@testable import Rooms

@Suite struct LocalRoomTests {
    private static func encoding(_ number: Int) -> MessageEncoding {
        MessageEncoding(number % 2 == 0 ? .plain : .native, variant: [UInt8(number)])
    }

    /// Whether every audience has its place, and every subscription its own in its audience.
    private static func isInOrder(_ room: LocalRoom, _ present: [Subscription]) -> Bool {
        room.shared.enumerated().allSatisfy { $1.place == $0 && $1.isShared && !$1.members.isEmpty }
            && room.alone.enumerated().allSatisfy { $1.place == $0 && !$1.isShared && $1.members.count == 1 }
            && present.allSatisfy { $0.audience.members[Int($0.index)] == $0.member }
    }

    @Test func `members keep their places through any coming and going`() throws {
        let room = LocalRoom(name: try RoomName("r"), source: 0)
        var random = SeededGenerator()
        var present: [Subscription] = []
        var next: UInt32 = 0
        for _ in 0..<2000 {
            if present.isEmpty || Bool.random(using: &random) {
                let encoding = Self.encoding(Int.random(in: 0..<20, using: &random))
                present.append(room.add(ConnectionHandle(slot: next, generation: 1), as: encoding, at: 7))
                next += 1
            } else {
                room.remove(present.remove(at: Int.random(in: present.indices, using: &random)))
            }
            #expect(room.memberCount == present.count)
            #expect(Self.isInOrder(room, present))
            let shared = room.shared.map(\.encoding)
            #expect(Set(shared).count == shared.count && shared.count <= LocalRoom.maximumShared)
            for audience in room.shared {
                let members = present.filter { $0.audience === audience }.map(\.member)
                #expect(Set(audience.members) == Set(members))
                #expect(audience.members.count == members.count)
            }
            let known = (room.shared + room.alone).reduce(0) { $0 + $1.members.count }
            #expect(known == present.count)
        }
    }

    @Test func `sixteen encodings are shared, and a further one is when another has gone`() throws {
        let room = LocalRoom(name: try RoomName("r"), source: 0)
        var next: UInt32 = 0
        func join(_ number: Int) -> Subscription {
            next += 1
            return room.add(ConnectionHandle(slot: next, generation: 1), as: Self.encoding(number), at: 7)
        }
        let first = (0..<16).map(join)
        let sixteen = room.shared
        let alone = [join(16), join(16), join(17)]
        #expect(room.alone.map(\.encoding) == [Self.encoding(16), Self.encoding(16), Self.encoding(17)])
        // Those that were shared stay so, and are joined as ever.
        #expect(join(3).audience === first[3].audience)
        #expect(zip(room.shared, sixteen).allSatisfy { $0 === $1 })

        room.remove(first[0])
        let shared = join(16)
        #expect(shared.audience.isShared)
        #expect(join(16).audience === shared.audience)
        // Who was alone before stays so.
        #expect(!alone[0].audience.isShared)
        #expect(room.memberCount == 21)
    }
}
