import Instruments
import Messaging
import Reactor
import TestKit
import Testing

@testable import Rooms

@Suite struct RoomReadingTests {
    private func at(_ seconds: Double) -> Instant {
        Instant(nanoseconds: 1_000_000_000) + .seconds(1) * seconds
    }

    @Test func `rates are over the last ten to twenty seconds`() {
        var traffic = RoomTraffic(openedAt: self.at(0))
        #expect(traffic.rates(at: self.at(0)) == RoomRates(messagesPerSecond: 0, bytesPerSecond: 0))
        for _ in 0..<10 { traffic.add(bytes: 7) }
        // In its first second, all of it counts as that second's.
        #expect(traffic.rates(at: self.at(0.1)) == RoomRates(messagesPerSecond: 10, bytesPerSecond: 70))
        #expect(traffic.rates(at: self.at(5)) == RoomRates(messagesPerSecond: 2, bytesPerSecond: 14))
        traffic.mark(at: self.at(10))
        #expect(traffic.rates(at: self.at(10)) == RoomRates(messagesPerSecond: 1, bytesPerSecond: 7))
        traffic.add(bytes: 30)
        traffic.mark(at: self.at(20))
        #expect(traffic.rates(at: self.at(20)) == RoomRates(messagesPerSecond: 0.1, bytesPerSecond: 3))
        traffic.mark(at: self.at(30))
        #expect(traffic.rates(at: self.at(35)) == RoomRates(messagesPerSecond: 0, bytesPerSecond: 0))
        #expect(traffic.messages == 11)
    }

    @Test func `a room that is met twice in a round is marked once`() {
        var traffic = RoomTraffic(openedAt: self.at(0))
        traffic.mark(at: self.at(10))
        traffic.add(bytes: 1)
        traffic.mark(at: self.at(20))
        traffic.mark(at: self.at(20.1))
        #expect(traffic.rates(at: self.at(20)).messagesPerSecond == 0.1)
    }

    @Test func `rooms are read in steps, none is missed, whatever comes and goes meanwhile`() throws {
        let fixture = try DrivenShard()
        defer { fixture.end() }
        let member = try fixture.member()
        var subscriptions: [Int: Subscription] = [:]
        for number in 0..<1000 {
            let name = try RoomName("r\(number)")
            subscriptions[number] = fixture.shard.join(name, member.connection, as: .plain, answering: nil)
        }
        var random = SeededGenerator()
        var left: Set<Int> = []
        var seen: Set<String> = []
        var end: Int?
        var steps = 0
        repeat {
            let step = fixture.shard.read(below: end)
            #expect(step.glances.count <= 256)
            seen.formUnion(step.glances.map(\.name.text))
            end = step.next
            steps += 1
            for _ in 0..<50 {
                let number = Int.random(in: 0..<1000, using: &random)
                guard let subscription = subscriptions.removeValue(forKey: number) else { continue }
                fixture.shard.leave(subscription)
                left.insert(number)
            }
            let late = try RoomName("late\(steps)")
            _ = fixture.shard.join(late, member.connection, as: .plain, answering: nil)
        } while end != nil
        #expect(steps >= 4)
        for number in 0..<1000 where !left.contains(number) {
            #expect(seen.contains("r\(number)"))
        }
    }

    @Test func `a glance has the members by protocol, and all messages counted once`() throws {
        let fixture = try DrivenShard()
        defer { fixture.end() }
        let room = try RoomName("r")
        let (one, two, three) = (try fixture.member(), try fixture.member(), try fixture.member())
        #expect(fixture.shard.read(room) == nil)
        _ = fixture.shard.join(room, one.connection, as: .plain, answering: nil)
        _ = fixture.shard.join(room, two.connection, as: .plain, answering: nil)
        _ = fixture.shard.join(room, three.connection, as: .native, answering: nil)
        fixture.publish("12345", to: room, from: one.connection)
        fixture.publish("1", to: room, from: one.connection)
        fixture.driven.turn()
        let (glance, members) = try #require(fixture.shard.read(room))
        #expect(glance.members[.plain] == 2)
        #expect(glance.members[.native] == 1)
        #expect(glance.rates == RoomRates(messagesPerSecond: 2, bytesPerSecond: 6))
        #expect(Set(members.flatMap(\.self)) == [one.connection, two.connection, three.connection])
        var sum = glance
        sum.add(glance)
        #expect(sum.members.sum == 6)
        #expect(sum.rates == glance.rates)
    }
}
