import DequeModule
import Instruments
import Messaging
import Reactor

/// The publishing side: numbers publications and announces how far they have come.
final class RedisPublisher {
    private static let announcementInterval = Duration.seconds(1)

    private unowned let node: RedisNode
    private let pipeline: RedisPipeline
    private let loop: EventLoop
    private let channels: RedisChannels
    private var sequence: BusSequencePublisher
    /// Sent and not answered, in order.
    private var unanswered = Deque<(publication: Publication, stamp: BusStamp)>()
    private var receipts: [PublicationReceipt] = []
    private var announcing: TimerToken?
    /// The longest time for which an instance was away, of those that asked since the last announcement.
    private var recalled: Duration?
    private var wasOpen = false
    private let complaints: RedisComplaints

    init(node: RedisNode, pipeline: RedisPipeline, loop: EventLoop, channels: RedisChannels, origin: BusOrigin) {
        self.node = node
        self.pipeline = pipeline
        self.loop = loop
        self.channels = channels
        self.sequence = BusSequencePublisher(origin: origin)
        self.complaints = node.complaints
    }

    /// Publishes, or answers at once where that cannot be.
    func publish(_ publications: [Publication]) {
        let now = self.loop.now
        let publishedAt = self.loop.wallNanoseconds
        for publication in publications {
            guard self.pipeline.isOpen else {
                self.settle(publication, .unavailable)
                continue
            }
            let message = publication.message
            let stamp = self.sequence.stamp(message.room, at: now, newEpoch: .random(in: 0...UInt64.max))
            var command = RedisCommand("PUBLISH", self.channels.channel(of: message.room))
            command.append { Envelope.append(message, stamp: stamp, publishedAt: publishedAt, to: &$0) }
            self.unanswered.append((publication, stamp))
            self.pipeline.send(command, answering: self)
        }
        self.giveReceipts()
    }

    /// Asks all origins to announce what they published in the last while.
    func recall(_ away: Duration) {
        let milliseconds = UInt64(clamping: away.wholeMilliseconds)
        let question = BusAnnouncement(origin: self.sequence.origin, tails: [], recallMilliseconds: milliseconds)
        self.announce(question) { [weak self] in self?.node.recallFailed(away) }
    }

    /// Another instance was away for so long.
    func recalled(_ away: Duration) {
        self.recalled = max(away, self.recalled ?? .zero)
        self.planAnnouncement()
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
        guard self.pipeline.isOpen else { return }
        if let away = self.recalled.take() {
            self.sequence.recall(away, at: self.loop.now)
        }
        var news = self.sequence.takeNews()[...]
        while !news.isEmpty {
            let tails = Array(news.prefix(BusAnnouncement.maximumTails))
            news = news.dropFirst(tails.count)
            let announcement = BusAnnouncement(origin: self.sequence.origin, tails: tails)
            self.announce(announcement) { [weak self] in self?.sequence.returned(tails) }
        }
    }

    /// - Parameter failed: What is to be done where it was not, or not certainly, published.
    private func announce(_ announcement: BusAnnouncement, failed: @escaping () -> Void) {
        var command = RedisCommand("PUBLISH", self.channels.tails)
        command.append { $0 += announcement.encoded }
        self.pipeline.send(command) { [weak self] answer, now in
            guard let self else { return }
            switch answer {
            case .reply(.integer): return
            case .reply: self.pipeline.giveUpUnexpected()
            case .refused(let reply): self.complaints.refused(reply, in: nil, at: now)
            case .lost: break
            }
            failed()
        }
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

    // MARK: - The connection

    func opened() {
        self.node.inbox.setOpen(true)
        // The last numbers of epochs that ended with the connection go before the first of the new ones.
        self.announceNews()
    }

    /// All answers that came at once were told.
    func answersEnded() {
        self.planAnnouncement()
        self.giveReceipts()
    }

    func closed() {
        self.node.inbox.setOpen(false)
        self.giveReceipts()
    }
}

extension RedisPublisher: RedisAsker {
    func answered(_ answer: RedisAnswer, at now: Instant) {
        guard let (publication, stamp) = self.unanswered.popFirst() else { return }
        let room = publication.message.room
        if case .reply(.integer) = answer {
            self.sequence.accepted(stamp, in: room)
            self.node.tally.counts.published += 1
            self.settle(publication, .accepted)
            return
        }
        self.sequence.doubted(stamp, in: room)
        self.settle(publication, .unavailable)
        switch answer {
        case .refused(let reply): self.complaints.refused(reply, in: room, at: now)
        case .reply: self.pipeline.giveUpUnexpected()
        case .lost: break
        }
    }
}

@available(*, unavailable) extension RedisPublisher: Sendable {}
