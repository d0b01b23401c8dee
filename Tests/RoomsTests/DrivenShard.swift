import Instruments
import Messaging
import Reactor
import Rooms
import TestKit

/// One driven loop with its shard, on a memory broker.
final class DrivenShard: RoomShardDelegate, MessageEncoder {
    let driven: DrivenLoop
    let directory = RoomDirectory()
    let broker: any Broker
    let hub: RoomHub
    private(set) var shard: RoomShard!
    private(set) var receipts: [PublicationReceipt] = []
    private(set) var confirmed: [(ConnectionHandle, SubscriptionAnswer)] = []
    private(set) var refused: [Refused] = []

    struct Refused {
        let connection: ConnectionHandle
        let room: RoomName
        let refusal: Refusal
        let answers: [SubscriptionAnswer]
    }

    let watchesDeliveries: Bool
    private(set) var steps: [MessageStep] = []
    private(set) var encodings = 0
    /// Of the messages encoded, in that order.
    private(set) var numbers: [UInt64] = []
    private var next: UInt64 = 0

    init(
        _ broker: any Broker = MemoryBroker(),
        watching: Bool = false,
        queue: SendQueueLimits? = nil,
        fullBytes: Int = 256 << 20,
        patience: Duration = .seconds(10)
    ) throws {
        self.watchesDeliveries = watching
        var configuration = EventLoopConfiguration()
        configuration.queue = queue ?? configuration.queue
        self.driven = try DrivenLoop(configuration)
        self.broker = broker
        self.hub = RoomHub(directory: self.directory)
        self.shard = RoomShard(
            loop: self.driven.loop,
            directory: self.directory,
            broker: broker,
            encoder: self,
            delegate: self,
            fullBytes: fullBytes,
            patience: patience
        )
        self.driven.loop.addTickObserver(self.shard)
        self.hub.connect([LoopBound(self.shard, on: self.driven.loop)])
        broker.start(delivering: self.hub)
    }

    /// Lets go of everything that holds each other.
    func end() {
        self.driven.end()
        self.broker.stop()
        self.hub.connect([])
        self.shard = nil
    }

    func settled(_ receipt: PublicationReceipt, for connection: ConnectionHandle) {
        self.receipts.append(receipt)
    }

    func subscribed(_ connection: ConnectionHandle, _ answer: SubscriptionAnswer) {
        self.confirmed.append((connection, answer))
    }

    func refused(
        _ connection: ConnectionHandle,
        _ room: RoomName,
        _ refusal: Refusal,
        _ answers: [SubscriptionAnswer]
    ) {
        self.refused.append(Refused(connection: connection, room: room, refusal: refusal, answers: answers))
    }

    func watched(_ step: MessageStep) {
        self.steps.append(step)
    }

    /// A frame is the first letter of its protocol, the variant, then the payload.
    func encode(_ message: Message, number: UInt64, as encoding: MessageEncoding, into batch: SendBatch) {
        self.encodings += 1
        let frame = Array(encoding.protocolName.label.utf8.prefix(1)) + encoding.variant + message.payload
        self.numbers.append(number)
        batch.append(frame.span, number: number)
    }

    func member(sendBuffer: Int? = nil) throws -> (connection: ConnectionHandle, peer: Peer) {
        try self.driven.connect(Silent(), sendBuffer: sendBuffer)
    }

    /// A message as the broker brings it; a stranger's where no sender is named.
    func message(
        _ text: String,
        to room: RoomName,
        from sender: ConnectionHandle? = nil,
        echo: Bool = true
    ) -> Message {
        self.next += 1
        return Message(
            id: MessageID(ULID(high: 0, low: self.next)),
            room: room,
            kind: .text,
            payload: Array(text.utf8),
            from: nil,
            sender: sender.map { SenderReference(loop: 0, connection: $0.bits) },
            excludesSender: !echo,
            acceptedAt: 0
        )
    }

    func publish(_ text: String, to room: RoomName, from sender: ConnectionHandle, echo: Bool = true) {
        let message = self.message(text, to: room, from: sender, echo: echo)
        let ticket = PublicationTicket(
            publisher: .connection(SenderReference(loop: 0, connection: sender.bits)),
            command: .number("\(self.next)")
        )
        self.shard.publish(Publication(message: message, ticket: ticket))
    }

    func outcomes(_ name: ProtocolName) -> PerCase<DeliveryOutcome, UInt64> {
        self.shard.report().loop.lanes[Int(name.lane)].outcomes
    }

    /// Expected less outcomes less pending, which is promised to be 0.
    var unaccounted: Int64 {
        let report = self.shard.report()
        var balance: Int64 = 0
        for name in ProtocolName.allCases {
            let frames = report.loop.lanes[Int(name.lane)]
            balance += Int64(report.counts.expected[name])
            balance -= Int64(frames.outcomes.sum + frames.pending + report.unsent[name])
        }
        return balance
    }
}

/// A member that says nothing and forgets what it hears.
final class Silent: SocketHandler {
    func received(_ bytes: inout MutableSpan<UInt8>, on connection: ConnectionHandle) -> Int { bytes.count }
    func closed(_ connection: ConnectionHandle, _ ending: SocketEnding, _ final: ConnectionCounters) {}
}

extension MessageEncoding {
    static let plain = MessageEncoding(.plain)
    static let native = MessageEncoding(.native)
}
