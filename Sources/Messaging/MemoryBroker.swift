import Instruments

/// The embedded broker of an instance that stands alone: what is published is received at once, on the same thread.
package final class MemoryBroker: Broker {
    package let name = "memory"
    package var health: BrokerHealth { .up }

    private let sink = Lock<(any BrokerSink)?>(nil)
    private let counted = Lock(BrokerCounts())

    package init() {}

    package func start(delivering sink: any BrokerSink) {
        self.sink.withLock { $0 = sink }
    }

    package func publish(_ publications: [Publication]) {
        guard let sink = self.sink.withLock({ $0 }) else { return }
        self.counted.withLock { counts in
            counts.published += UInt64(publications.count)
            counts.received += UInt64(publications.count)
        }
        sink.received(publications.map(\.message))
        sink.settled(publications.map { PublicationReceipt(of: $0, .accepted) })
    }

    package func reconsider(_ rooms: [RoomName]) {
        guard let sink = self.sink.withLock({ $0 }) else { return }
        sink.subscribed(rooms.filter { sink.wants($0) })
    }

    package func stop() {}

    package var counts: BrokerCounts {
        self.counted.withLock { $0 }
    }
}
