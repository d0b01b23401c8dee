import Instruments
import Management
import Reactor
import Sessions

/// Closes connections of this instance's client loops for operators, a few in each turn of a loop.
struct ClientCloser: ConnectionCloser {
    let clients: [ClientLoop]

    func close(_ order: ClosingOrder) async throws -> ClosingCount {
        let choice: SessionRegistry.Choice =
            switch order.target {
            case .connection(let id): .connection(id)
            case .user(let id): .user(id)
            }
        var closed = 0
        for client in self.clients {
            var slot: Int? = 0
            while let first = slot {
                let registry = client.registry
                let step = try await client.loop.perform(within: LoopReports.patience) {
                    registry.value.close(choice, from: first, order.ending)
                }
                closed += step.closed
                slot = step.next
            }
            if case .connection = choice, closed > 0 { break }
        }
        return ClosingCount(closed: closed)
    }
}
