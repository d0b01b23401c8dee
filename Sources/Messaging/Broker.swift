/// The publisher, who must be told what became of the publication.
package enum Publisher: Sendable, Hashable {
    /// A connection of one of the client loops.
    case connection(SenderReference)
    /// A publisher that is not a connection, such as an HTTP request; the sink knows it by this number.
    case request(UInt64)
}

/// Says whom to tell what became of a publication; it travels with the publication and comes back.
package struct PublicationTicket: Sendable, Hashable {
    package let publisher: Publisher
    /// The id for the answer; `nil` if only a failure is answered.
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

/// The broker's answer to one publication.
package struct PublicationReceipt: Sendable {
    package enum Result: Sendable, Equatable {
        case accepted
        /// Not published, or not certainly: the broker refused it, or was away for too long.
        case unavailable
        case tooBig
        /// The broker does not let this gateway publish to the room.
        case forbidden
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

/// The health of a broker, for readiness and `broker_up`.
package enum BrokerHealth: Sendable, Equatable {
    case up
    /// Why it is away, without secrets.
    case down(reason: String)
}

/// Carries room messages to every instance that has members in the room.
///
/// A broker keeps the order of one publisher's messages to one room, also delivers to this instance what the instance
/// itself published, and delivers a message at most once. Do not implement one for a queue that acknowledges or keeps
/// messages: this interface has no way to ask for a message again.
package protocol Broker: AnyObject, Sendable {
    /// The label value of the `broker_*` metrics.
    var name: String { get }
    var health: BrokerHealth { get }
    var counts: BrokerCounts { get }

    /// What is known about the other instances that share the broker.
    var fleet: FleetStatus { get }

    /// The chains of connections that the instances share; `nil`: each instance has only its own.
    var chains: (any SharedChains)? { get }

    /// Starts connecting, delivering to `sink`, and letting `responder` answer the fleet's questions.
    ///
    /// Called once; does not wait until the broker has been reached.
    func start(delivering sink: any BrokerSink, answering responder: any FleetResponder)

    /// Takes publications from any thread, in order. Each gets exactly one receipt; while the broker is away, it comes
    /// once the broker is back or patience has run out.
    func publish(_ publications: [Publication])

    /// Whether publications have to wait now because the broker is away or far behind. Then a publisher should not be
    /// read until it has its receipt. Cheap; called from any thread.
    var isHolding: Bool { get }

    /// This instance may have started or stopped needing these rooms: the broker asks `sink.wants` and subscribes or
    /// unsubscribes accordingly. Called from any thread; calling it twice does no harm.
    func reconsider(_ rooms: [RoomName])

    /// Asks every instance that shares the broker, including this one, whose answer is always included.
    ///
    /// Ends when all have answered, at the latest after `patience` or `FleetLimits.patience`, whichever is less. While
    /// the broker is away, only this instance is asked, and the answers are incomplete. A command is not passed on if
    /// the instances have no key to sign it with.
    func ask(_ question: FleetQuestion, within patience: Duration) async -> FleetAnswers

    /// Ends all connections. Publications without an answer get their receipts first.
    func stop()
}

extension Broker {
    package var chains: (any SharedChains)? { nil }

    /// Starts without anything that answers questions.
    package func start(delivering sink: any BrokerSink) {
        self.start(delivering: sink, answering: SilentResponder())
    }
}

/// Where a broker delivers.
///
/// Called on the broker's own thread, or on the caller's if the broker has none.
package protocol BrokerSink: AnyObject, Sendable {
    /// Whether this instance has members in the room.
    func wants(_ room: RoomName) -> Bool
    /// Messages of these rooms arrive from now on.
    func subscribed(_ rooms: [RoomName])
    /// The broker does not let this instance subscribe to a room that was wanted. It is not asked for again until it is
    /// reconsidered.
    func refused(_ room: RoomName, _ refusal: Refusal)
    /// Messages in order of arrival.
    func received(_ messages: [Message])
    func settled(_ receipts: [PublicationReceipt])
    /// Whether so much of what it was given waits for its loops that a broker had better bring no more for a moment.
    var isBehind: Bool { get }
}
