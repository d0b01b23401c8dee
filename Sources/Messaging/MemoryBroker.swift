import Instruments

/// The embedded broker of a single instance: what is published is received at once, on the same thread.
package final class MemoryBroker: Broker {
    package let name = "memory"
    package var health: BrokerHealth { .up }
    package var isHolding: Bool { false }

    package let fleet = FleetStatus()

    private let instance: String
    private let limits: FleetLimits
    private let sink = Lock<(any BrokerSink)?>(nil)
    private let responder = Lock<any FleetResponder>(SilentResponder())
    private let counted = Lock(BrokerCounts())
    /// Questions that wait for an answer.
    private let waiting = Lock(0)

    /// - Parameters:
    ///   - instance: The name under which it answers.
    ///   - fleetLimits: The bounds on questions and answers.
    package init(instance: String = "memory", fleetLimits: FleetLimits = FleetLimits()) {
        self.instance = instance
        self.limits = fleetLimits
    }

    package func start(delivering sink: any BrokerSink, answering responder: any FleetResponder) {
        self.responder.withLock { $0 = responder }
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

    package func ask(_ question: FleetQuestion, within patience: Duration) async -> FleetAnswers {
        let reply = await self.reply(to: question, within: min(patience, self.limits.patience))
        return FleetAnswers([(self.instance, reply.bounded(by: self.limits))], isEverybody: true)
    }

    private func reply(to question: FleetQuestion, within patience: Duration) async -> FleetReply {
        let isTaken = self.waiting.withLock { waiting in
            guard waiting < self.limits.questionsAnswered else { return false }
            waiting += 1
            return true
        }
        guard isTaken else { return .refused(.busy) }
        defer { self.waiting.withLock { $0 -= 1 } }
        let responder = self.responder.withLock { $0 }
        return await withTaskGroup(of: FleetReply.self) { group in
            group.addTask { await responder.answer(question) }
            group.addTask {
                try? await Task.sleep(for: patience)
                return .refused(.late)
            }
            defer { group.cancelAll() }
            return await group.next() ?? .refused(.failed)
        }
    }

    package func stop() {}

    package var counts: BrokerCounts {
        self.counted.withLock { $0 }
    }
}
