import DequeModule
import Instruments
import Messaging
import Reactor

/// The publishing side: pipelines publications, announcements and probes, and matches the answers by their order.
final class RedisPublisher {
    private enum Awaited {
        case publication(Publication, BusStamp)
        case announcement([BusTail])
        case probe(UInt64)
        case recall(Duration)
        case ping
    }

    private static let announcementInterval = Duration.seconds(1)

    private unowned let node: RedisNode
    private let connection: RedisConnection
    private let loop: EventLoop
    private let channels: RedisChannels
    private var sequence: BusSequencePublisher
    private var awaited = Deque<Awaited>()
    private var receipts: [PublicationReceipt] = []
    private var announcing: TimerToken?
    /// The longest time for which an instance was away, of those that asked since the last announcement.
    private var recalled: Duration?
    private var wasOpen = false
    private let complaints: RedisComplaints

    init(node: RedisNode, connection: RedisConnection, loop: EventLoop, channels: RedisChannels, origin: BusOrigin) {
        self.node = node
        self.connection = connection
        self.loop = loop
        self.channels = channels
        self.sequence = BusSequencePublisher(origin: origin)
        self.complaints = RedisComplaints(tally: node.tally, log: node.log)
        connection.delegate = self
    }

    /// Publishes, or answers at once where that cannot be.
    func publish(_ publications: [Publication]) {
        let now = self.loop.now
        let publishedAt = self.loop.wallNanoseconds
        for publication in publications {
            guard self.connection.isReady else {
                self.settle(publication, .unavailable)
                continue
            }
            let message = publication.message
            let stamp = self.sequence.stamp(message.room, at: now, newEpoch: .random(in: 0...UInt64.max))
            var command = RedisCommand("PUBLISH", self.channels.channel(of: message.room))
            command.append { Envelope.append(message, stamp: stamp, publishedAt: publishedAt, to: &$0) }
            self.send(command, awaiting: .publication(publication, stamp))
        }
        self.giveReceipts()
    }

    /// Asks all origins to announce what they published in the last while.
    func recall(_ away: Duration) {
        let milliseconds = UInt64(clamping: away.wholeMilliseconds)
        let question = BusAnnouncement(origin: self.sequence.origin, tails: [], recallMilliseconds: milliseconds)
        self.announce(question, awaiting: .recall(away))
    }

    /// Another instance was away for so long.
    func recalled(_ away: Duration) {
        self.recalled = max(away, self.recalled ?? .zero)
        self.planAnnouncement()
    }

    func probe(_ number: UInt64) {
        self.send(RedisCommand("PUBLISH", self.channels.probe, String(number)), awaiting: .probe(number))
    }

    func forgetIdle() {
        self.sequence.forgetIdle(at: self.loop.now)
    }

    // MARK: - What else it publishes

    private func planAnnouncement() {
        guard self.announcing == nil, self.sequence.hasNews || self.recalled != nil else { return }
        self.announcing = self.loop.schedule(after: Self.announcementInterval) { [weak self] in
            self?.announcing = nil
            self?.announceNews()
        }
    }

    private func announceNews() {
        guard self.connection.isReady else { return }
        if let away = self.recalled.take() {
            self.sequence.recall(away, at: self.loop.now)
        }
        var news = self.sequence.takeNews()[...]
        while !news.isEmpty {
            let tails = Array(news.prefix(BusAnnouncement.maximumTails))
            news = news.dropFirst(tails.count)
            let announcement = BusAnnouncement(origin: self.sequence.origin, tails: tails)
            self.announce(announcement, awaiting: .announcement(tails))
        }
    }

    private func announce(_ announcement: BusAnnouncement, awaiting awaited: Awaited) {
        var command = RedisCommand("PUBLISH", self.channels.tails)
        command.append { $0 += announcement.encoded }
        self.send(command, awaiting: awaited)
    }

    private func send(_ command: RedisCommand, awaiting awaited: Awaited) {
        guard self.connection.isReady else {
            self.abandon(awaited)
            return
        }
        self.connection.send(command)
        self.awaited.append(awaited)
    }

    // MARK: - Answers

    private func settle(_ publication: Publication, _ result: PublicationReceipt.Result) {
        self.node.inbox.release(publication)
        self.receipts.append(PublicationReceipt(of: publication, result))
    }

    private func giveReceipts() {
        guard !self.receipts.isEmpty else { return }
        self.node.sink?.settled(exchange(&self.receipts, with: []))
    }

    private func refused(_ text: String, room: RoomName?, at now: Instant) {
        let reply = RedisErrorReply(text)
        self.complaints.refused(reply, in: room, at: now)
        if reply.kind.concernsConnection {
            self.connection.give(up: .refused(reply))
        }
    }
}

extension RedisPublisher: RedisConnectionDelegate {
    func opened(at now: Instant) {
        if self.wasOpen {
            self.node.tally.counts.reconnects += 1
        }
        self.wasOpen = true
        self.node.inbox.setOpen(true)
        // The last numbers of epochs that ended with the connection go before the first of the new ones.
        self.announceNews()
        self.node.healthChanged()
    }

    func pinged() {
        self.awaited.append(.ping)
        self.node.pingedPublisher()
    }

    func replied(_ reply: RedisReply, at now: Instant) {
        switch (self.awaited.popFirst(), reply) {
        case (.ping, .status("PONG")):
            self.connection.ponged(at: now)
        case (.publication(let publication, let stamp), .integer):
            self.sequence.accepted(stamp, in: publication.message.room)
            self.node.tally.counts.published += 1
            self.settle(publication, .accepted)
        case (.publication(let publication, let stamp), .error(let text)):
            self.sequence.doubted(stamp, in: publication.message.room)
            self.settle(publication, .unavailable)
            self.refused(text, room: publication.message.room, at: now)
        case (.announcement, .integer), (.recall, .integer):
            break
        case (.announcement(let tails), .error(let text)):
            self.sequence.returned(tails)
            self.refused(text, room: nil, at: now)
        case (.probe(let number), .integer):
            self.node.probe.accepted(number)
        case (.probe, .error(let text)), (.recall, .error(let text)), (.ping, .error(let text)):
            self.refused(text, room: nil, at: now)
        case (let awaited, _):
            // Whose answer is whose cannot be told any more.
            if let awaited {
                self.abandon(awaited)
            }
            self.connection.give(up: .unexpectedReply)
        }
    }

    func repliesEnded(at now: Instant) {
        self.planAnnouncement()
        self.giveReceipts()
    }

    func ended(_ fault: RedisFault, at now: Instant) {
        self.node.inbox.setOpen(false)
        while let awaited = self.awaited.popFirst() {
            self.abandon(awaited)
        }
        self.giveReceipts()
        self.node.healthChanged(fault)
    }

    /// The answer will never come.
    private func abandon(_ awaited: Awaited) {
        switch awaited {
        case .publication(let publication, let stamp):
            self.sequence.doubted(stamp, in: publication.message.room)
            self.settle(publication, .unavailable)
        case .announcement(let tails):
            self.sequence.returned(tails)
        case .recall(let away):
            self.node.recallFailed(away)
        case .probe, .ping:
            break
        }
    }
}

@available(*, unavailable) extension RedisPublisher: Sendable {}
