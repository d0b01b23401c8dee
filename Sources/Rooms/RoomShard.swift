package import Instruments
package import Messaging
package import Reactor

/// The rooms of one event loop: who is in them, and what this tick sends to whom.
///
/// Everything here happens on the loop. A message is encoded once an encoding when it arrives; at the end of the tick
/// every member gets the bytes of all its rooms at once. A room whose members change in mid-tick sends first what it
/// has, so a message always goes to those who were members when it arrived.
package final class RoomShard {
    package let loop: EventLoop

    private let directory: RoomDirectory
    let broker: any Broker
    private let encoder: any MessageEncoder
    /// How much one room may have for the end of the tick; a batch can hold less than 4 GiB.
    private let fullBytes: Int
    private(set) weak var delegate: (any RoomShardDelegate)?
    /// `nil` if nobody wants to hear about single deliveries.
    private let watch: DeliveryWatch?

    private var counts = RoomCounts()
    private(set) var rooms: [RoomName: LocalRoom] = [:]
    /// The same, each at its `place`, so that they can be read a few at a time.
    private(set) var list: [LocalRoom] = []
    var markTimer: TimerToken?
    /// How long a command waits for the broker to deliver its room.
    let patience: Duration
    /// Rooms in which somebody waits for that, by `LocalRoom.source`.
    var waitingRooms: [UInt32: LocalRoom] = [:]
    var waitingTimer: TimerToken?
    private var sources = RoomSources()
    private var dirty: [LocalRoom] = []
    /// By the lane that their frames are counted in.
    private var idleBatches: [[SendBatch]]
    private var outgoing: [Publication] = []
    /// The number of the message fanned out last, over all rooms.
    private var lastNumber: UInt64 = 0

    package init(
        loop: EventLoop,
        directory: RoomDirectory,
        broker: any Broker,
        encoder: any MessageEncoder,
        delegate: any RoomShardDelegate,
        fullBytes: Int = 256 << 20,
        patience: Duration = .seconds(10)
    ) {
        self.loop = loop
        self.patience = patience
        self.directory = directory
        self.broker = broker
        self.encoder = encoder
        self.fullBytes = fullBytes
        self.delegate = delegate
        self.watch = delegate.watchesDeliveries ? DeliveryWatch(telling: delegate) : nil
        if let watch = self.watch {
            loop.observeDeliveries(watch)
        }
        let lanes = ProtocolName.allCases.map { Int($0.lane) }
        self.idleBatches = Array(repeating: [], count: 1 + (lanes.max() ?? 0))
    }

    /// What the loop knows of deliveries at this moment.
    package func report() -> RoomReport {
        var unsent = PerCase<ProtocolName, UInt64>(repeating: 0)
        for room in self.dirty {
            room.forEachAudience { unsent[$0.encoding.protocolName] += $0.unsent }
        }
        return RoomReport(counts: self.counts, unsent: unsent, loop: self.loop.snapshot())
    }

    // MARK: - Members

    /// Makes a connection a member.
    ///
    /// It gets what arrives from now on. With another encoding it may be a member once more; with the same it must not.
    ///
    /// - Parameter answer: What to tell the delegate once the broker delivers this room; `nil`: nothing, and the member
    ///   stays however long that takes.
    package func join(
        _ name: RoomName,
        _ member: ConnectionHandle,
        as encoding: MessageEncoding,
        answering answer: SubscriptionAnswer?
    ) -> Subscription {
        let room: LocalRoom
        if let known = self.rooms[name] {
            room = known
            self.sendNow(room)
        } else {
            room = self.open(name)
        }
        let seconds = UInt32(truncatingIfNeeded: self.loop.wallNanoseconds / 1_000_000_000)
        let subscription = room.add(member, as: encoding, at: seconds)
        self.counts.subscriptions += 1
        _ = self.answerWhenConfirmed(subscription, answer)
        return subscription
    }

    package func leave(_ subscription: Subscription) {
        let room = subscription.room
        self.sendNow(room)
        self.stopWaiting(subscription)
        room.remove(subscription)
        self.counts.subscriptions -= 1
        if room.memberCount == 0 {
            self.close(room)
        }
    }

    private func open(_ name: RoomName) -> LocalRoom {
        let source = self.sources.open(name)
        let room = LocalRoom(name: name, source: source, place: self.list.count, openedAt: self.loop.now)
        self.rooms[name] = room
        self.list.append(room)
        self.beginMarking()
        let arrival = self.directory.enter(name, loop: self.loop.index)
        room.isConfirmed = arrival.isConfirmed
        if arrival.isFirstOnInstance {
            self.broker.reconsider([name])
        }
        return room
    }

    private func close(_ room: LocalRoom) {
        self.rooms[room.name] = nil
        self.list.swapAt(room.place, self.list.count - 1)
        self.list[room.place].place = room.place
        self.list.removeLast()
        self.sources.close(room.source)
        if self.directory.leave(room.name, loop: self.loop.index) {
            self.broker.reconsider([room.name])
        }
    }

    /// The room that the engine named, also if it lost its last member lately.
    package func name(ofSource source: UInt32) -> RoomName? {
        self.sources[source]
    }

    /// The broker delivers these rooms now.
    package func confirm(_ names: [RoomName]) {
        for name in names {
            guard let room = self.rooms[name], !room.isConfirmed, self.directory.isConfirmed(name) else { continue }
            room.isConfirmed = true
            let waiting = exchange(&room.waiting, with: [:])
            self.noteWaiting(room)
            for one in waiting.values {
                for answer in one.answers {
                    self.delegate?.subscribed(one.member, answer)
                }
            }
        }
    }

    // MARK: - Messages

    /// Whether a publisher is better not read until it has its receipt, since the broker is away.
    package var isHolding: Bool { self.broker.isHolding }

    /// Takes a publication of one of this loop's connections; the broker gets all of a tick together.
    package func publish(_ publication: Publication) {
        self.outgoing.append(publication)
    }

    package func settled(_ receipts: [PublicationReceipt]) {
        self.watch?.settled(receipts)
        for receipt in receipts {
            guard case .connection(let sender) = receipt.ticket.publisher else { continue }
            self.delegate?.settled(receipt, for: ConnectionHandle(bits: sender.connection))
        }
    }

    /// Encodes each message for those of its room's members that are on this loop.
    package func fanOut(_ messages: [Message]) {
        for message in messages {
            guard let room = self.rooms[message.room] else { continue }
            self.lastNumber += 1
            room.traffic.add(bytes: message.payload.count)
            room.forEachAudience { audience in
                self.counts.expected[audience.encoding.protocolName] += UInt64(audience.members.count)
                self.encode(message, for: audience)
            }
            if !room.isDirty {
                room.isDirty = true
                self.dirty.append(room)
            }
            if room.unsentBytes > self.fullBytes {
                self.sendNow(room)
            }
            self.counts.recipients.observe(Double(room.memberCount))
            self.watch?.fannedOut(message, number: self.lastNumber, recipients: room.memberCount)
        }
    }

    private func encode(_ message: Message, for audience: Audience) {
        let lane = audience.encoding.protocolName.lane
        let batch = audience.openBatch(excluding: self.excluded(from: message)) {
            self.idleBatches[Int(lane)].popLast() ?? SendBatch(lane: lane)
        }
        self.encoder.encode(message, number: self.lastNumber, as: audience.encoding, into: batch)
    }

    /// The publisher, where it asked for no echo and is on this loop.
    private func excluded(from message: Message) -> ConnectionHandle? {
        guard message.excludesSender, let sender = message.sender, Int(sender.loop) == self.loop.index else {
            return nil
        }
        return ConnectionHandle(bits: sender.connection)
    }

    // MARK: - The end of a tick

    /// Hands over what one room has, before its members change.
    private func sendNow(_ room: LocalRoom) {
        guard room.isDirty else { return }
        self.dirty.removeAll { $0 === room }
        self.send([room])
    }

    /// Hands everything that waits for the end of the tick to the engine.
    package func flush() {
        if !self.outgoing.isEmpty {
            let publications = self.outgoing
            self.outgoing.removeAll(keepingCapacity: true)
            self.broker.publish(publications)
        }
        guard !self.dirty.isEmpty else { return }
        let rooms = self.dirty
        self.dirty.removeAll(keepingCapacity: true)
        self.send(rooms)
    }

    private func send(_ rooms: [LocalRoom]) {
        var deliveries: [Delivery] = []
        for room in rooms {
            room.isDirty = false
            room.forEachAudience { audience in
                if let delivery = audience.takeDelivery() {
                    deliveries.append(delivery)
                }
            }
        }
        let batches = deliveries.map(\.batch)
        if let watch = self.watch {
            watch.deliver(deliveries, on: self.loop)
        } else {
            self.loop.deliver(deliveries)
        }
        for batch in batches {
            batch.removeAll()
            self.idleBatches[Int(batch.lane)].append(batch)
        }
    }
}

extension RoomShard: TickObserver {
    package func tickEnded(now: Instant) {
        self.flush()
    }
}

@available(*, unavailable) extension RoomShard: Sendable {}
