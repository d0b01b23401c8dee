import Instruments
import JSONText
import Messaging
import Reactor

/// The receiving side: keeps the subscriptions that the rooms need, and turns what comes into messages.
final class RedisSubscriber {
    private unowned let node: RedisNode
    private let connection: RedisConnection
    private let loop: EventLoop
    private let channels: RedisChannels
    private let clock: RedisClock
    private let origin: BusOrigin

    private var subscriptions = RedisSubscriptions()
    private var sequence = BusSequenceReceiver()
    private var ids = ULIDGenerator()
    private let complaints: RedisComplaints
    private var arrived: [Message] = []
    /// Nothing is read, since the loops are late.
    private var waitsForLoops = false
    /// Confirmations have come that were not examined yet.
    private var hasConfirmed = false
    private var unanswered = RedisUnanswered()
    /// Inner channels with a confirmed subscription.
    private var innerConfirmed: Set<String> = []
    /// Inner channels that Redis does not let us subscribe to: what they serve is missing, and nothing else.
    private var innerRefused: Set<String> = []

    private var openedAt: Instant?
    private var isComplete = false
    /// Until when everything had arrived before the subscriptions were lost; `nil` while nothing is missed.
    private var missingSince: Instant?

    init(
        node: RedisNode,
        connection: RedisConnection,
        loop: EventLoop,
        channels: RedisChannels,
        clock: RedisClock,
        origin: BusOrigin
    ) {
        self.node = node
        self.connection = connection
        self.loop = loop
        self.channels = channels
        self.clock = clock
        self.origin = origin
        self.complaints = node.complaints
        connection.delegate = self
    }

    /// Whether Redis has answered for the inner channels, which come before all rooms.
    var isListening: Bool {
        self.connection.isReady && self.innerConfirmed.count + self.innerRefused.count == self.channels.allInner.count
    }

    /// Whether what is published on the fleet channel comes here.
    var hearsFleet: Bool { self.innerConfirmed.contains(self.channels.fleet) }

    /// Whether what is published to the probe's channel comes here.
    var hearsProbe: Bool { self.innerConfirmed.contains(self.channels.probe) }

    func reconsider(_ rooms: [RoomName]) {
        self.subscriptions.reconsider(rooms)
        self.examine()
    }

    /// The subscription is of no use, whatever its PINGs say.
    func give(up fault: RedisFault) {
        self.connection.give(up: fault)
    }

    func forgetIdle() {
        self.sequence.forgetIdle(at: self.loop.now)
    }

    func isSubscribed(_ room: RoomName) -> Bool { self.subscriptions.isSubscribed(room) }

    // MARK: - Subscriptions

    private func examine() {
        let findings = self.subscriptions.examine { self.node.sink?.wants($0) ?? false }
        for room in findings.forgotten {
            self.sequence.forget(room)
        }
        self.send("SUBSCRIBE", findings.subscribe) { .subscribe($0) }
        self.send("UNSUBSCRIBE", findings.unsubscribe) { .unsubscribe($0) }
        if !findings.standing.isEmpty {
            self.node.sink?.subscribed(findings.standing)
        }
        self.node.tally.counts.subscriptions = self.subscriptions.subscribedCount
        self.noteCompletion()
    }

    private func send(_ verb: String, _ rooms: [RoomName], as kind: ([RoomName]) -> RedisUnanswered.Command) {
        var rest = rooms[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(RedisSubscriptions.roomsInCommand))
            var command = RedisCommand(verb)
            for room in part {
                command.append(self.channels.channel(of: room))
            }
            self.connection.send(command)
            self.unanswered.sent(kind(part))
            rest = rest.dropFirst(RedisSubscriptions.roomsInCommand)
        }
    }

    private func noteCompletion() {
        guard !self.isComplete, self.isListening, self.subscriptions.isBack, let opened = self.openedAt else {
            return
        }
        self.isComplete = true
        self.node.log.write(
            RedisEvent.subscribed,
            [
                (.broker, .text("redis")),
                (.count, .integer(Int64(self.subscriptions.subscribedCount))),
                (.durationMs, .integer((self.loop.now - opened).wholeMilliseconds)),
            ]
        )
        if let since = self.missingSince.take() {
            self.node.returned(missingSince: since)
        }
    }

    private func confirmed(_ channel: [UInt8], isSubscribed: Bool) {
        switch self.channels.meaning(of: channel) {
        case .room(let room):
            self.deliver()
            if isSubscribed {
                if self.subscriptions.subscribed(room) {
                    self.unanswered.confirmed()
                    self.sequence.confirmed(room, at: self.clock.now)
                    self.hasConfirmed = true
                }
            } else if self.subscriptions.unsubscribed(room) {
                self.unanswered.confirmed()
                self.hasConfirmed = true
            } else {
                self.connection.give(up: .subscriptionEnded)
            }
        case .inner, .fleet, .probe:
            guard isSubscribed else {
                self.connection.give(up: .subscriptionEnded)
                return
            }
            self.unanswered.confirmed()
            self.innerConfirmed.insert(String(decoding: channel, as: UTF8.self))
            self.noteInner()
        case .unknown:
            break
        }
    }

    private func noteInner() {
        if self.isListening {
            self.node.probe.reset()
            self.node.healthChanged()
        }
    }

    // MARK: - What is refused

    /// An error came: it costs what its command was for.
    private func refused(_ reply: RedisErrorReply, at now: Instant) {
        guard !reply.kind.concernsConnection, let command = self.unanswered.refused() else {
            self.node.tally.counts.errors += 1
            self.connection.give(up: .refused(reply))
            return
        }
        switch command {
        case .ping:
            self.connection.ponged(at: now)
        case .subscribe where reply.deniesCommand, .inner where reply.deniesCommand:
            // Without SUBSCRIBE there is no use in the connection.
            self.node.tally.counts.errors += 1
            self.connection.give(up: .refused(reply))
        case .inner(let channel):
            self.complaints.refused(reply, channel: channel, at: now)
            self.innerRefused.insert(channel)
            self.noteInner()
        case .subscribe(let rooms):
            self.refused(rooms, reply, at: now)
        case .unsubscribe(let rooms):
            // Their messages go on arriving, for nobody.
            self.complaints.refused(reply, in: rooms.first, at: now)
            for room in rooms where self.subscriptions.unsubscribed(room) {
                self.hasConfirmed = true
            }
        }
    }

    /// Redis refuses a whole command for one of its rooms, and does not always say which: so it is asked for each half.
    private func refused(_ rooms: [RoomName], _ reply: RedisErrorReply, at now: Instant) {
        guard rooms.count == 1 else {
            self.send("SUBSCRIBE", Array(rooms[..<(rooms.count / 2)])) { .subscribe($0) }
            self.send("SUBSCRIBE", Array(rooms[(rooms.count / 2)...])) { .subscribe($0) }
            return
        }
        guard self.subscriptions.refused(rooms[0]) else { return }
        self.complaints.refused(reply, in: rooms[0], at: now)
        self.sequence.forget(rooms[0])
        let refusal =
            reply.kind == .noPermission
            ? Refusal(.forbidden, "the broker does not let this gateway subscribe to room \(rooms[0])")
            : Refusal(.brokerUnavailable, "the broker refused the subscription to room \(rooms[0])")
        self.node.sink?.refused(rooms[0], refusal)
        self.noteCompletion()
    }

    // MARK: - What arrives

    private func message(_ payload: [UInt8], on channel: [UInt8], at now: Instant) {
        switch self.channels.meaning(of: channel) {
        case .room(let room):
            self.node.probe.messagesCame()
            if self.hasConfirmed {
                self.examineConfirmed()
            }
            self.arrived(payload, in: room, at: now)
        case .inner:
            self.node.probe.messagesCame()
            self.announced(payload, in: nil, at: now)
        case .fleet:
            self.node.probe.messagesCame()
            self.node.fleet?.heard(payload)
        case .probe:
            if let number = UInt64(String(decoding: payload, as: UTF8.self)) {
                self.node.probe.came(number)
            }
        case .unknown:
            break
        }
    }

    private func arrived(_ payload: [UInt8], in room: RoomName, at now: Instant) {
        guard Envelope.isOne(payload.span) else {
            self.arrived.append(self.plain(payload, in: room))
            return
        }
        guard !BusAnnouncement.isOne(payload.span) else {
            self.announced(payload, in: room, at: now)
            return
        }
        let envelope: Envelope
        do throws(EnvelopeError) {
            envelope = try Envelope.decode(payload.span, home: self.origin)
        } catch {
            self.complaints.unreadable(error.description, in: room, at: now)
            return
        }
        guard envelope.message.room == room else {
            self.complaints.unreadable("envelope of another room, \(envelope.message.room)", in: room, at: now)
            return
        }
        let sentAt = envelope.message.publishedAt
        switch self.sequence.judge(envelope.stamp, sentAt: sentAt, in: room, at: now) {
        case .next(let missing):
            self.arrived.append(self.checked(envelope.message, at: now))
            self.complaints.missing(missing, in: room, at: now)
        case .repeated:
            self.complaints.repeated(in: room, at: now)
        case .late:
            self.complaints.late(in: room, at: now)
        }
    }

    /// What is declared JSON or text goes into frames as it is, so it is looked at, once: anybody may publish to Redis.
    ///
    /// - Returns: The message, as text or bytes where it is not what it is declared to be.
    private func checked(_ message: Message, at now: Instant) -> Message {
        let payload = message.payload
        let isAsDeclared =
            switch message.kind {
            case .json: (try? JSONScanner.scan(payload.span, maximumDepth: JSONScanner.deepest)) != nil
            case .text: Self.kind(of: payload) == .text
            case .binary: true
            }
        guard !isAsDeclared else { return message }
        self.complaints.mislabelled(in: message.room, at: now)
        return message.declared(Self.kind(of: payload))
    }

    private static func kind(of payload: [UInt8]) -> PayloadKind {
        (try? UTF8Span(validating: payload.span)) == nil ? .binary : .text
    }

    /// A payload published by another program.
    private func plain(_ payload: [UInt8], in room: RoomName) -> Message {
        let wallNanoseconds = self.loop.wallNanoseconds
        return Message(
            id: MessageID(self.ids.next(atMilliseconds: wallNanoseconds / 1_000_000)),
            room: room,
            kind: Self.kind(of: payload),
            payload: payload,
            from: nil,
            acceptedAt: wallNanoseconds
        )
    }

    /// - Parameter room: The room whose channel it came on; `nil` for the inner one.
    private func announced(_ payload: [UInt8], in room: RoomName?, at now: Instant) {
        let announcement: BusAnnouncement
        do throws(EnvelopeError) {
            announcement = try BusAnnouncement(payload.span)
        } catch {
            self.complaints.unreadable(error.description, in: room, at: now)
            return
        }
        for told in announcement.tails {
            if let room, told.room != room {
                self.complaints.unreadable("announcement of another room, \(told.room)", in: room, at: now)
                return
            }
            let missing = self.sequence.heard(told.tail, of: announcement.origin, in: told.room, at: now)
            self.complaints.missing(missing, in: told.room, at: now)
        }
        if room == nil {
            self.node.heard(announcement)
        }
    }

    private func deliver() {
        guard !self.arrived.isEmpty else { return }
        self.node.tally.counts.received += UInt64(self.arrived.count)
        self.node.sink?.received(exchange(&self.arrived, with: []))
        if !self.waitsForLoops, self.node.sink?.isBehind == true {
            self.waitsForLoops = true
            self.waitForLoops()
        }
    }

    /// Reads nothing more until the loops have taken most of what they were given.
    ///
    /// So what waits for them is bounded. Redis keeps what it has meanwhile, up to its own bound.
    private func waitForLoops() {
        self.connection.pauseReading()
        _ = self.loop.schedule(after: .milliseconds(2)) { [weak self] in
            guard let self else { return }
            if self.node.sink?.isBehind == true {
                self.waitForLoops()
            } else {
                self.waitsForLoops = false
                self.connection.resumeReading()
            }
        }
    }

    private func examineConfirmed() {
        self.hasConfirmed = false
        self.examine()
    }
}

extension RedisSubscriber: RedisConnectionDelegate {
    func opened(at now: Instant) {
        if self.openedAt != nil {
            self.node.tally.counts.reconnects += 1
        }
        self.openedAt = now
        self.isComplete = false
        self.node.subscriberOpened()
        // The inner channels before the rooms: who has its rooms back hears the answers to what it asks then. Each by
        // itself: an ACL may deny one of them.
        for channel in self.channels.allInner {
            self.connection.send(RedisCommand("SUBSCRIBE", channel))
            self.unanswered.sent(.inner(channel))
        }
        self.subscriptions.opened()
        self.examine()
    }

    func pinged() {
        self.unanswered.sent(.ping)
    }

    func replied(_ reply: RedisReply, at now: Instant) {
        switch reply {
        case .array(let parts):
            self.pushed(parts, at: now)
        case .status("PONG"):
            self.unanswered.confirmed()
            self.connection.ponged(at: now)
        case .error(let text):
            self.refused(RedisErrorReply(text), at: now)
        default:
            self.connection.give(up: .unexpectedReply)
        }
    }

    private func pushed(_ parts: [RedisReply], at now: Instant) {
        guard parts.count >= 2, case .bulk(let kind) = parts[0], case .bulk(let subject) = parts[1] else {
            self.connection.give(up: .unexpectedReply)
            return
        }
        switch (String(decoding: kind, as: UTF8.self), parts.count == 3 ? parts[2] : nil) {
        case ("message", .bulk(let payload)?): self.message(payload, on: subject, at: now)
        case ("subscribe", .integer?): self.confirmed(subject, isSubscribed: true)
        case ("unsubscribe", .integer?): self.confirmed(subject, isSubscribed: false)
        case ("pong", nil):
            self.unanswered.confirmed()
            self.connection.ponged(at: now)
        default: self.connection.give(up: .unexpectedReply)
        }
    }

    func repliesEnded(at now: Instant) {
        self.deliver()
        if self.hasConfirmed {
            self.examineConfirmed()
        }
        self.noteCompletion()
    }

    func ended(_ fault: RedisFault, at now: Instant) {
        self.deliver()
        if self.openedAt != nil {
            self.missingSince = min(self.connection.provenAt, self.missingSince ?? self.connection.provenAt)
        }
        self.unanswered.lost()
        self.innerConfirmed = []
        self.innerRefused = []
        self.hasConfirmed = false
        self.subscriptions.lost()
        self.node.probe.reset()
        self.examine()
        self.node.healthChanged(fault)
    }
}

@available(*, unavailable) extension RedisSubscriber: Sendable {}
