import Instruments
package import Messaging
package import Reactor

/// Passes what the broker has for this instance to the loops concerned: one hop per loop for each batch.
package final class RoomHub: BrokerSink {
    /// Publishers that are not connections.
    package let requests = PublishingRequests()
    private let directory: RoomDirectory
    private let shards: Lock<[LoopBound<RoomShard>]>
    private let passing: PassingBytes

    /// - Parameter budget: The bound on what waits for clients, in which messages on their way to a loop count too.
    package init(directory: RoomDirectory, budget: QueueBudget? = nil) {
        self.directory = directory
        self.shards = Lock([])
        self.passing = PassingBytes(budget: budget)
    }

    package var isBehind: Bool { self.passing.areMany }

    /// The shards, in the order of their loops' indices.
    ///
    /// Called before the broker is started, and without a broker once it is stopped.
    package func connect(_ shards: [LoopBound<RoomShard>]) {
        precondition(shards.count <= RoomDirectory.maximumLoops, "a room's loops fit 64 bits")
        self.shards.withLock { $0 = shards }
    }

    package func wants(_ room: RoomName) -> Bool {
        self.directory.contains(room)
    }

    package func subscribed(_ rooms: [RoomName]) {
        self.distribute(rooms, loops: self.directory.confirm(rooms)) { shard, rooms in shard.confirm(rooms) }
    }

    package func refused(_ room: RoomName, _ refusal: Refusal) {
        // To all: a loop may have joined it since the broker was asked.
        let shards = self.shards.withLock { $0 }
        self.distribute([room], loops: [shards.count < 64 ? (1 << UInt64(shards.count)) - 1 : .max]) { shard, rooms in
            for room in rooms {
                shard.refuse(room, refusal)
            }
        }
    }

    package func received(_ messages: [Message]) {
        self.distribute(messages, loops: self.directory.loops(of: messages), weight: PassingBytes.weight) {
            shard,
            messages in
            shard.fanOut(messages)
        }
    }

    package func settled(_ receipts: [PublicationReceipt]) {
        let loops = receipts.map { receipt -> UInt64 in
            switch receipt.ticket.publisher {
            case .connection(let sender):
                return 1 << UInt64(sender.loop)
            case .request(let number):
                self.requests.settle(receipt, of: number)
                return 0
            }
        }
        self.distribute(receipts, loops: loops) { shard, receipts in shard.settled(receipts) }
    }

    /// Gives each loop the values with its bit set, in order; immediately if the caller is that loop.
    ///
    /// - Parameter weight: The bytes of a value while it is on its way to a loop.
    private func distribute<Value: Sendable>(
        _ values: [Value],
        loops: [UInt64],
        weight: (Value) -> Int = { _ in 0 },
        _ hand: @escaping @Sendable (RoomShard, [Value]) -> Void
    ) {
        let all = loops.reduce(0, |)
        guard all != 0 else { return }
        let shards = self.shards.withLock { $0 }
        for index in shards.indices where all & (1 << UInt64(index)) != 0 {
            let bit: UInt64 = 1 << UInt64(index)
            let concerned =
                loops.allSatisfy { $0 & bit != 0 } ? values : zip(values, loops).filter { $1 & bit != 0 }.map(\.0)
            let shard = shards[index]
            if shard.loop.isInside {
                hand(shard.value, concerned)
            } else {
                let bytes = concerned.reduce(0) { $0 + weight($1) }
                let passing = self.passing
                passing.add(bytes)
                let isTaken = shard.loop.execute {
                    passing.add(-bytes)
                    hand(shard.value, concerned)
                }
                if !isTaken {
                    passing.add(-bytes)
                }
            }
        }
    }
}
