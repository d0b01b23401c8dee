import Instruments
import Messaging
import Reactor
import Rooms
import TestKit
import Testing

@Suite struct RoomShardTests {
    @Test func `members of both protocols get the frames of a tick, encoded once a protocol`() throws {
        let fixture = try DrivenShard()
        defer { fixture.end() }
        let room = try RoomName("r")
        let plain = try (0..<3).map { _ in try fixture.member() }
        let native = try fixture.member()
        for member in plain {
            _ = fixture.shard.join(room, member.connection, as: .plain, answering: nil)
        }
        _ = fixture.shard.join(room, native.connection, as: .native, answering: nil)
        fixture.publish("1", to: room, from: plain[0].connection)
        fixture.publish("2", to: room, from: plain[0].connection)
        fixture.driven.turn()
        #expect(fixture.encodings == 4)
        for member in plain {
            #expect(member.peer.receive(atMost: 4) == Array("p1p2".utf8))
        }
        #expect(native.peer.receive(atMost: 4) == Array("n1n2".utf8))
        #expect(fixture.receipts.map(\.result) == [.accepted, .accepted])
        #expect(fixture.unaccounted == 0)
    }

    @Test func `a publisher that wants no echo gets the others' messages only`() throws {
        let fixture = try DrivenShard()
        defer { fixture.end() }
        let room = try RoomName("r")
        let (alice, bob) = (try fixture.member(), try fixture.member())
        _ = fixture.shard.join(room, alice.connection, as: .plain, answering: nil)
        _ = fixture.shard.join(room, bob.connection, as: .plain, answering: nil)
        fixture.publish("a", to: room, from: alice.connection, echo: false)
        fixture.publish("b", to: room, from: bob.connection)
        fixture.publish("c", to: room, from: alice.connection, echo: false)
        fixture.driven.turn()
        #expect(alice.peer.receive(atMost: 2) == Array("pb".utf8))
        #expect(bob.peer.receive(atMost: 6) == Array("papbpc".utf8))
        let outcomes = fixture.outcomes(.plain)
        #expect(outcomes[.senderExcluded] == 2)
        #expect(outcomes[.written] == 4)
        #expect(fixture.unaccounted == 0)
    }

    @Test func `who joins or leaves in mid-tick gets exactly what came while it was a member`() throws {
        let fixture = try DrivenShard()
        defer { fixture.end() }
        let room = try RoomName("r")
        let (early, late) = (try fixture.member(), try fixture.member())
        let first = fixture.shard.join(room, early.connection, as: .plain, answering: nil)
        fixture.shard.fanOut([fixture.message("1", to: room)])
        _ = fixture.shard.join(room, late.connection, as: .plain, answering: nil)
        fixture.shard.fanOut([fixture.message("2", to: room)])
        fixture.shard.leave(first)
        fixture.shard.fanOut([fixture.message("3", to: room)])
        fixture.driven.turn()
        #expect(early.peer.receive(atMost: 4) == Array("p1p2".utf8))
        #expect(late.peer.receive(atMost: 4) == Array("p2p3".utf8))
        #expect(fixture.unaccounted == 0)
    }

    @Test func `a subscription is answered when the broker delivers the room`() throws {
        let fixture = try DrivenShard()
        defer { fixture.end() }
        let room = try RoomName("r")
        let (one, two) = (try fixture.member(), try fixture.member())
        _ = fixture.shard.join(room, one.connection, as: .native, answering: SubscriptionAnswer(.number("1")))
        _ = fixture.shard.join(room, two.connection, as: .native, answering: SubscriptionAnswer(.number("2")))
        #expect(fixture.confirmed.map(\.0) == [one.connection, two.connection])
        #expect(fixture.directory.contains(room))
    }

    @Test func `an empty room is forgotten and its messages go nowhere`() throws {
        let fixture = try DrivenShard()
        defer { fixture.end() }
        let room = try RoomName("r")
        let member = try fixture.member()
        let subscription = fixture.shard.join(room, member.connection, as: .plain, answering: nil)
        #expect(fixture.shard.report().counts.subscriptions == 1)
        fixture.shard.leave(subscription)
        #expect(fixture.directory.count == 0)
        #expect(fixture.shard.report().counts.subscriptions == 0)
        fixture.publish("x", to: room, from: member.connection)
        fixture.driven.turn()
        #expect(fixture.encodings == 0)
        #expect(fixture.receipts.count == 1)
        #expect(fixture.unaccounted == 0)
    }

    @Test func `a connection that ends in mid-tick is accounted for`() throws {
        let fixture = try DrivenShard()
        defer { fixture.end() }
        let room = try RoomName("r")
        let (one, two) = (try fixture.member(), try fixture.member())
        let first = fixture.shard.join(room, one.connection, as: .plain, answering: nil)
        _ = fixture.shard.join(room, two.connection, as: .plain, answering: nil)
        fixture.publish("x", to: room, from: two.connection)
        fixture.driven.loop.close(one.connection)
        fixture.driven.turn()
        #expect(two.peer.receive(atMost: 2) == Array("px".utf8))
        fixture.shard.leave(first)
        let outcomes = fixture.outcomes(.plain)
        #expect(outcomes[.closedBeforeWrite] == 1)
        #expect(fixture.unaccounted == 0)
    }

    @Test func `random rooms, members and publishers keep order and lose nothing`() throws {
        let fixture = try DrivenShard()
        defer { fixture.end() }
        var random = SeededGenerator()
        let rooms = try (0..<6).map { try RoomName("room\($0)") }
        let members = try (0..<20).map { _ in try fixture.member() }
        var expected = [[UInt8]](repeating: [], count: members.count)
        var heard = expected
        var subscriptions: [Int: [Int: Subscription]] = [:]
        for round in 0..<300 {
            for _ in 0..<Int.random(in: 0..<8, using: &random) {
                let (who, room) = (Int.random(in: 0..<20, using: &random), Int.random(in: 0..<6, using: &random))
                if let subscription = subscriptions[who]?.removeValue(forKey: room) {
                    fixture.shard.leave(subscription)
                } else {
                    subscriptions[who, default: [:]][room] = fixture.shard.join(
                        rooms[room],
                        members[who].connection,
                        as: .plain,
                        answering: nil
                    )
                }
                let text = "\(round % 10)\(room)"
                fixture.shard.fanOut([fixture.message(text, to: rooms[room])])
                for (member, joined) in subscriptions where joined[room] != nil {
                    expected[member] += Array("p\(text)".utf8)
                }
            }
            fixture.driven.turn()
            #expect(fixture.unaccounted == 0)
            for (index, member) in members.enumerated() {
                heard[index] += try #require(member.peer.receive())
            }
        }
        // Of one room all in order; between rooms the order is free.
        for (heard, expected) in zip(heard, expected) {
            let isTheSame = rooms.indices.allSatisfy {
                Self.messages(heard, of: $0) == Self.messages(expected, of: $0)
            }
            #expect(isTheSame && heard.count == expected.count)
        }
    }

    private static func messages(_ bytes: [UInt8], of room: Int) -> [UInt8] {
        stride(from: 0, to: bytes.count, by: 3).compactMap { start in
            bytes[start + 2] == UInt8(ascii: "0") + UInt8(room) ? bytes[start + 1] : nil
        }
    }

    @Test func `a room that has much to send does not wait for the end of the tick`() throws {
        let fixture = try DrivenShard(fullBytes: 10)
        defer { fixture.end() }
        let room = try RoomName("r")
        let member = try fixture.member()
        _ = fixture.shard.join(room, member.connection, as: .plain, answering: nil)
        fixture.shard.fanOut([fixture.message("12345", to: room)])
        #expect(member.peer.receive() == [])
        fixture.shard.fanOut([fixture.message("67890", to: room), fixture.message("rest", to: room)])
        #expect(member.peer.receive() == Array("p12345p67890".utf8))
        fixture.driven.turn()
        #expect(member.peer.receive() == Array("prest".utf8))
        #expect(fixture.unaccounted == 0)
    }

    @Test func `the engine's number of a room that is gone never means another room`() throws {
        let fixture = try DrivenShard()
        defer { fixture.end() }
        let member = try fixture.member()
        let first = fixture.shard.join(try RoomName("first"), member.connection, as: .plain, answering: nil)
        fixture.shard.leave(first)
        _ = fixture.shard.join(try RoomName("second"), member.connection, as: .plain, answering: nil)
        #expect(fixture.shard.name(ofSource: 0) == nil, "replies belong to no room")
        #expect(fixture.shard.name(ofSource: 1)?.text == "first")
        #expect(fixture.shard.name(ofSource: 2)?.text == "second")
        for number in 0..<5000 {
            fixture.shard.leave(
                fixture.shard.join(try RoomName("n\(number)"), member.connection, as: .plain, answering: nil)
            )
        }
        #expect(fixture.shard.name(ofSource: 1) == nil, "names that were left long ago are forgotten")
        #expect(fixture.shard.name(ofSource: 2)?.text == "second")
        #expect(fixture.shard.name(ofSource: 5002)?.text == "n4999")
    }
}
