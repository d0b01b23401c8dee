import Foundation
import Instruments
package import Messaging
package import Rooms

/// Publishes for requests of operators and programs, and waits for the broker's word.
package struct OperatorPublisher: Sendable {
    let broker: any Broker
    private let requests: PublishingRequests
    private let patience: Duration
    private let ids: Lock<ULIDGenerator>
    private let wallNanoseconds: @Sendable () -> UInt64

    /// - Parameters:
    ///   - requests: Those of the hub that the broker delivers to.
    ///   - patience: How long a receipt is awaited; the broker gives it within its own patience.
    package init(
        broker: any Broker,
        requests: PublishingRequests,
        patience: Duration,
        wallNanoseconds: @escaping @Sendable () -> UInt64 = { UInt64(Date().timeIntervalSince1970 * 1e9) }
    ) {
        self.broker = broker
        self.requests = requests
        self.patience = patience
        self.ids = Lock(ULIDGenerator())
        self.wallNanoseconds = wallNanoseconds
    }

    /// What became of a publication.
    struct Outcome: Sendable {
        let id: MessageID
        let result: PublicationReceipt.Result
    }

    /// Publishes one message that is from nobody.
    func publish(
        to room: RoomName,
        _ kind: PayloadKind,
        _ payload: [UInt8],
        trace: TraceContext?
    ) async -> Outcome {
        let now = self.wallNanoseconds()
        let id = MessageID(self.ids.withLock { $0.next(atMilliseconds: now / 1_000_000) })
        let result = FirstValue<PublicationReceipt.Result>()
        let message = Message(
            id: id,
            room: room,
            kind: kind,
            payload: payload,
            from: nil,
            acceptedAt: now,
            trace: trace
        )
        let ticket = self.requests.ticket { result.give($0.result) }
        self.broker.publish([Publication(message: message, ticket: ticket)])
        // Not a child task: its parent would wait for it even after the receipt has come.
        let timer = Task {
            guard (try? await Task.sleep(for: self.patience)) != nil else { return }
            result.give(.unavailable)
        }
        defer { timer.cancel() }
        return Outcome(id: id, result: await result.value)
    }
}
