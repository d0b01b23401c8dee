/// Who published, and is to hear what became of it.
package enum Publisher: Sendable, Hashable {
    /// A connection of one of the client loops.
    case connection(SenderReference)
    /// Whoever is no connection, an HTTP request for one; the sink knows it by this number.
    case request(UInt64)
}

/// Whom to tell what became of a publication: a value that travels with it and comes back.
package struct PublicationTicket: Sendable, Hashable {
    package let publisher: Publisher
    /// The id that the answer carries; `nil` where only a failure is answered.
    package let command: CommandID?

    package init(publisher: Publisher, command: CommandID?) {
        self.publisher = publisher
        self.command = command
    }
}

/// A message on its way to the broker.
package struct Publication: Sendable {
    package let message: Message
    package let ticket: PublicationTicket

    package init(message: Message, ticket: PublicationTicket) {
        self.message = message
        self.ticket = ticket
    }
}

/// The broker's word on one publication.
package struct PublicationReceipt: Sendable {
    package enum Result: Sendable, Equatable {
        case accepted
        /// Not, or not certainly, published: the broker refused it, or was away for longer than is waited.
        case unavailable
        case tooBig
    }

    package let ticket: PublicationTicket
    package let id: MessageID
    package let room: RoomName
    package let result: Result

    package init(of publication: Publication, _ result: Result) {
        self.ticket = publication.ticket
        self.id = publication.message.id
        self.room = publication.message.room
        self.result = result
    }
}

/// How a broker feels, for readiness and `broker_up`.
package enum BrokerHealth: Sendable, Equatable {
    case up
    /// Why it is away, without secrets.
    case down(reason: String)
}

/// Carries the messages of rooms to every instance that has members in them.
///
/// A broker keeps the order of one publisher's messages to one room, delivers to this instance what it published
/// itself, and delivers a message at most once. Do not implement one for a queue that acknowledges or keeps messages:
/// this seam has no way to say "again".
package protocol Broker: AnyObject, Sendable {
    /// The label value of the `broker_*` metrics.
    var name: String { get }
    var health: BrokerHealth { get }
    var counts: BrokerCounts { get }

    /// What is known of the other instances that share the broker.
    var fleet: FleetStatus { get }

    /// Begins to connect, to deliver to `sink`, and to have `responder` answer what the fleet asks.
    ///
    /// Called once; does not wait for the broker to be reached.
    func start(delivering sink: any BrokerSink, answering responder: any FleetResponder)

    /// Takes publications from any thread, in their order. Each is answered by exactly one receipt: while the broker is
    /// away, once it is back or patience has run out.
    func publish(_ publications: [Publication])

    /// Whether what is published now has to wait, since the broker is away or far behind: then a publisher is better
    /// not read until it has its receipt. Cheap, and asked from any thread.
    var isHolding: Bool { get }

    /// This instance's need of these rooms may have changed: the broker asks `sink.wants` and subscribes or
    /// unsubscribes accordingly. Called from any thread; being asked twice does no harm.
    func reconsider(_ rooms: [RoomName])

    /// Asks every instance that shares the broker, this one included, whose answer is always among them.
    ///
    /// Ends when all have answered, at the latest after `patience` or `FleetLimits.patience`, whichever is less. While
    /// the broker is away only this instance is asked, and the answers are not complete. A command is not passed on
    /// where the instances have no key to sign it with.
    func ask(_ question: FleetQuestion, within patience: Duration) async -> FleetAnswers

    /// Ends all connections. What was not answered gets its receipt first.
    func stop()
}

extension Broker {
    /// Begins without anybody who answers questions.
    package func start(delivering sink: any BrokerSink) {
        self.start(delivering: sink, answering: SilentResponder())
    }
}

/// Where a broker delivers.
///
/// Called from the broker's own thread, or from the caller's where the broker has none.
package protocol BrokerSink: AnyObject, Sendable {
    /// Whether this instance has members in the room.
    func wants(_ room: RoomName) -> Bool
    /// From now on messages of these rooms arrive.
    func subscribed(_ rooms: [RoomName])
    /// Messages in the order in which they came.
    func received(_ messages: [Message])
    func settled(_ receipts: [PublicationReceipt])
}
