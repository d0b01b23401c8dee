import Instruments
import Messaging
import Reactor

/// The receiving side: keeps the subscriptions as the rooms need them, and turns what comes into messages.
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
    /// Confirmations came that were not examined.
    private var hasConfirmed = false
    /// Inner channels whose subscription is confirmed.
    private var innerConfirmed: Set<[UInt8]> = []

    private var openedAt: Instant?
    private var isComplete = false
    /// Until when everything had come before the subscriptions were lost; `nil` while nothing is missed.
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

    /// Whether the inner channels are subscribed to, which come before all rooms.
    var isListening: Bool { self.connection.isReady && self.innerConfirmed.count == 3 }

    func reconsider(_ rooms: [RoomName]) {
        self.subscriptions.reconsider(rooms)
        self.examine()
    }

    /// The subscription is dead, whatever its PINGs say.
    func giveUpSilent() {
        self.connection.give(up: .subscriptionSilent)
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
        self.send("SUBSCRIBE", findings.subscribe)
        self.send("UNSUBSCRIBE", findings.unsubscribe)
        if !findings.standing.isEmpty {
            self.node.sink?.subscribed(findings.standing)
        }
        self.node.tally.counts.subscriptions = self.subscriptions.subscribedCount
        self.noteCompletion()
    }

    private func send(_ verb: String, _ rooms: [RoomName]) {
        var rest = rooms[...]
        while !rest.isEmpty {
            var command = RedisCommand(verb)
            for room in rest.prefix(RedisSubscriptions.roomsInCommand) {
                command.append(self.channels.channel(of: room))
            }
            self.connection.send(command)
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
                    self.sequence.confirmed(room, at: self.clock.now)
                    self.hasConfirmed = true
                }
            } else if self.subscriptions.unsubscribed(room) {
                self.hasConfirmed = true
            } else {
                self.connection.give(up: .subscriptionEnded)
            }
        case .inner, .fleet, .probe:
            guard isSubscribed else {
                self.connection.give(up: .subscriptionEnded)
                return
            }
            self.innerConfirmed.insert(channel)
            if self.isListening {
                self.node.probe.reset()
                self.node.healthChanged()
            }
        case .unknown:
            break
        }
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
            self.arrived.append(envelope.message)
            self.complaints.missing(missing, in: room, at: now)
        case .repeated:
            self.complaints.repeated(in: room, at: now)
        case .late:
            self.complaints.late(in: room, at: now)
        }
    }

    /// A payload that another program has published.
    private func plain(_ payload: [UInt8], in room: RoomName) -> Message {
        let wallNanoseconds = self.loop.wallNanoseconds
        return Message(
            id: MessageID(self.ids.next(atMilliseconds: wallNanoseconds / 1_000_000)),
            room: room,
            kind: (try? UTF8Span(validating: payload.span)) == nil ? .binary : .text,
            payload: payload,
            from: nil,
            acceptedAt: wallNanoseconds
        )
    }

    /// - Parameter room: Whose channel it came on; `nil` for the inner one.
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
        // The inner channels before the rooms: who has its rooms back hears the answers to what it asks then.
        self.connection.send(RedisCommand("SUBSCRIBE", self.channels.inner, self.channels.fleet, self.channels.probe))
        self.subscriptions.opened()
        self.examine()
    }

    func pinged() {}

    func replied(_ reply: RedisReply, at now: Instant) {
        switch reply {
        case .array(let parts):
            self.pushed(parts, at: now)
        case .status("PONG"):
            self.connection.ponged(at: now)
        case .error(let text):
            self.node.tally.counts.errors += 1
            self.connection.give(up: .refused(RedisErrorReply(text)))
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
        case ("pong", nil): self.connection.ponged(at: now)
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
        self.innerConfirmed = []
        self.hasConfirmed = false
        self.subscriptions.lost()
        self.node.probe.reset()
        self.examine()
        self.node.healthChanged(fault)
    }
}

@available(*, unavailable) extension RedisSubscriber: Sendable {}
