import Instruments
package import Messaging

/// A broker that holds publications until the test has them answered.
package final class PatientBroker: Broker {
    private struct State: Sendable {
        var isHolding = false
        var isDeaf = false
        var sink: (any BrokerSink)?
        var waiting: [Publication] = []
    }

    package let name = "patient"
    package var health: BrokerHealth { .up }
    package var counts: BrokerCounts { BrokerCounts() }
    private let state = Lock(State())

    package init() {}

    package var fleet: FleetStatus { self.alone.fleet }
    /// Answers the fleet's questions.
    private let alone = MemoryBroker()

    package func start(delivering sink: any BrokerSink, answering responder: any FleetResponder) {
        self.state.withLock { $0.sink = sink }
    }

    package var isHolding: Bool {
        get { self.state.withLock { $0.isHolding } }
        set { self.state.withLock { $0.isHolding = newValue } }
    }

    package func ask(_ question: FleetQuestion, within patience: Duration) async -> FleetAnswers {
        await self.alone.ask(question, within: patience)
    }

    package func publish(_ publications: [Publication]) {
        self.state.withLock { $0.waiting += publications }
    }

    /// Whether it confirms no subscriptions.
    package var isDeaf: Bool {
        get { self.state.withLock { $0.isDeaf } }
        set { self.state.withLock { $0.isDeaf = newValue } }
    }

    package func reconsider(_ rooms: [RoomName]) {
        guard let sink = self.state.withLock({ $0.isDeaf ? nil : $0.sink }) else { return }
        sink.subscribed(rooms.filter { sink.wants($0) })
    }

    package func refuse(_ room: RoomName, _ refusal: Refusal) {
        self.state.withLock { $0.sink }?.refused(room, refusal)
    }

    /// Releases the sink, which holds whatever holds this broker.
    package func stop() {
        self.state.withLock { $0.sink = nil }
    }

    /// Answers everything that waits; what is accepted is also delivered.
    package func answer(_ result: PublicationReceipt.Result) {
        let state = self.state.withLock { state in
            let answered = state
            state.waiting = []
            return answered
        }
        if result == .accepted {
            state.sink?.received(state.waiting.map(\.message))
        }
        state.sink?.settled(state.waiting.map { PublicationReceipt(of: $0, result) })
    }
}
