import Instruments
import Messaging
import Reactor

/// Follows every message of a shard to each member, and tells the shard's delegate about each step.
///
/// A shard has one only if somebody listens, such as a log at debug level. Without one it costs a check per batch.
final class DeliveryWatch: DeliveryObserver {
    private struct Known {
        let number: UInt64
        let id: MessageID
        let room: RoomName
    }

    private struct Told: Hashable {
        let number: UInt64
        let member: ConnectionHandle
    }

    /// How many messages are remembered; steps of older ones are not told.
    private static let remembered: UInt64 = 8192

    private weak var delegate: (any RoomShardDelegate)?
    /// A ring, indexed by number.
    private var known: [Known?] = Array(repeating: nil, count: Int(DeliveryWatch.remembered))
    /// What the engine reported during the current delivery; everything else was written at once.
    private var told: Set<Told> = []

    init(telling delegate: any RoomShardDelegate) {
        self.delegate = delegate
    }

    func settled(_ receipts: [PublicationReceipt]) {
        for receipt in receipts where receipt.result == .accepted {
            var publisher: ConnectionHandle?
            if case .connection(let sender) = receipt.ticket.publisher {
                publisher = ConnectionHandle(bits: sender.connection)
            }
            self.delegate?.watched(.accepted(receipt.id, receipt.room, from: publisher))
        }
    }

    func fannedOut(_ message: Message, number: UInt64, recipients: Int) {
        let known = Known(number: number, id: message.id, room: message.room)
        self.known[Int(number % Self.remembered)] = known
        self.delegate?.watched(.fannedOut(message.id, message.room, from: message.from, recipients: recipients))
    }

    func deliver(_ deliveries: [Delivery], on loop: EventLoop) {
        self.told.removeAll(keepingCapacity: true)
        loop.deliver(deliveries)
        for delivery in deliveries {
            for frame in 0..<delivery.batch.frameCount {
                let number = delivery.batch.number(of: frame)
                for member in delivery.members where !self.told.contains(Told(number: number, member: member)) {
                    self.tell(number) { .settled($0.id, $0.room, member, .written) }
                }
            }
        }
        self.told.removeAll(keepingCapacity: true)
    }

    func queued(_ frames: FramePiece, for member: ConnectionHandle, at time: Instant) {
        for place in 0..<frames.count {
            let number = frames.number(at: place)
            self.told.insert(Told(number: number, member: member))
            self.tell(number) { .queued($0.id, $0.room, member) }
        }
    }

    func settled(_ frames: FramePiece, for member: ConnectionHandle, as outcome: DeliveryOutcome, at time: Instant) {
        for place in 0..<frames.count {
            let number = frames.number(at: place)
            self.told.insert(Told(number: number, member: member))
            self.tell(number) { .settled($0.id, $0.room, member, outcome) }
        }
    }

    private func tell(_ number: UInt64, _ step: (Known) -> MessageStep) {
        guard let known = self.known[Int(number % Self.remembered)], known.number == number else { return }
        self.delegate?.watched(step(known))
    }
}
