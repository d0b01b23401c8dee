import Instruments
package import Messaging
package import Reactor

/// Reads the rooms of all event loops of an instance, a few in each turn, so that no loop is held.
package struct RoomReader: Sendable {
    private let shards: [LoopBound<RoomShard>]
    private let patience: Duration

    /// - Parameter patience: How long each turn of a loop is waited for.
    package init(_ shards: [LoopBound<RoomShard>], patience: Duration) {
        self.shards = shards
        self.patience = patience
    }

    /// Every room with members, as all loops together see it.
    package func all() async throws(LoopLate) -> [RoomName: RoomGlance] {
        var rooms: [RoomName: RoomGlance] = [:]
        for shard in self.shards {
            // A room may be met twice on one loop, so what one loop has is put together first.
            var own: [RoomName: RoomGlance] = [:]
            var end: Int?
            repeat {
                let below = end
                let step = try await self.ask(shard) { $0.read(below: below) }
                for glance in step.glances { own[glance.name] = glance }
                end = step.next
            } while end != nil
            rooms.merge(own) { known, new in
                var sum = known
                sum.add(new)
                return sum
            }
        }
        return rooms
    }

    /// One room, and its members loop by loop; `nil` if it has none.
    package func one(
        _ name: RoomName
    ) async throws(LoopLate) -> (glance: RoomGlance, members: [[ConnectionHandle]])? {
        var glance: RoomGlance?
        var members: [[ConnectionHandle]] = []
        for shard in self.shards {
            let seen = try await self.ask(shard) { $0.read(name) }
            members.append(seen?.members.flatMap(\.self) ?? [])
            guard let seen else { continue }
            if glance == nil { glance = seen.glance } else { glance?.add(seen.glance) }
        }
        return glance.map { ($0, members) }
    }

    private func ask<Value: Sendable>(
        _ shard: LoopBound<RoomShard>,
        _ question: @escaping @Sendable (RoomShard) -> Value
    ) async throws(LoopLate) -> Value {
        try await shard.loop.perform(within: self.patience) { question(shard.value) }
    }
}
