import Instruments
import Messaging
import Reactor

/// Publishes in order, holds what cannot be published yet, and tells each publisher the outcome.
final class RedisPublisher {
    private unowned let node: RedisNode
    private let pipeline: RedisPipeline
    private let clock: RedisClock
    private let loop: EventLoop
    private let channels: RedisChannels
    private let complaints: RedisComplaints
    /// Publications without a receipt so far.
    var outbox: BusOutbox
    private var receipts: [PublicationReceipt] = []
    private var patience: TimerToken?

    init(
        node: RedisNode,
        pipeline: RedisPipeline,
        clock: RedisClock,
        loop: EventLoop,
        channels: RedisChannels,
        outbox: BusOutbox
    ) {
        self.node = node
        self.pipeline = pipeline
        self.clock = clock
        self.loop = loop
        self.channels = channels
        self.complaints = node.complaints
        self.outbox = outbox
    }

    /// Publishes now, or as soon as Redis is back.
    func publish(_ publications: [Publication]) {
        let new = self.outbox.add(publications, at: self.loop.now, time: self.clock.now, chance: Self.chance)
        self.send(new)
        self.watchPatience()
    }

    private static func chance() -> UInt64 { .random(in: 0 ... .max) }

    private func send(_ publications: [BusOutbox.Numbered]) {
        let publishedAt = self.clock.now.nanoseconds
        for (publication, stamp) in publications.map({ ($0.publication, $0.stamp) }) {
            var command = RedisCommand("PUBLISH", self.channels.channel(of: publication.message.room))
            command.append { Envelope.append(publication.message, stamp: stamp, publishedAt: publishedAt, to: &$0) }
            self.pipeline.send(command, answering: self)
        }
    }

    // MARK: - The connection

    /// Commands may be sent, and the time is known.
    func opened() {
        self.node.inbox.setAway(false)
        self.send(self.outbox.opened(at: self.loop.now, time: self.clock.now, chance: Self.chance))
    }

    /// All answers that came together have been passed on.
    func answersEnded() {
        self.giveReceipts()
    }

    func closed() {
        self.node.inbox.setAway(true)
        self.outbox.closed(at: self.loop.now)
        self.watchPatience()
    }

    /// Nothing more is published.
    func stop() {
        for publication in self.outbox.stop() {
            self.settle(publication, .unavailable)
        }
        self.giveReceipts()
    }

    // MARK: - Patience

    /// One timer, for the publication that has waited longest.
    private func watchPatience() {
        guard self.patience == nil, let deadline = self.outbox.nextDeadline else { return }
        self.patience = self.loop.schedule(after: max(deadline - self.loop.now, .zero)) { [weak self] in
            self?.patience = nil
            self?.patienceEnded()
        }
    }

    private func patienceEnded() {
        for publication in self.outbox.giveUp(at: self.loop.now) {
            self.settle(publication, .unavailable)
        }
        self.giveReceipts()
        self.watchPatience()
    }

    // MARK: - Receipts

    private func settle(_ publication: Publication, _ result: PublicationReceipt.Result) {
        self.node.inbox.release(publication)
        self.receipts.append(PublicationReceipt(of: publication, result))
    }

    private func giveReceipts() {
        guard !self.receipts.isEmpty else { return }
        self.node.sink?.settled(exchange(&self.receipts, with: []))
    }
}

extension RedisPublisher: RedisAsker {
    func answered(_ answer: RedisAnswer, at now: Instant) {
        switch answer {
        case .reply(.integer(let connections)):
            // The number of connections that got it, perhaps including this instance.
            let isHeard = { room in connections > (self.node.isSubscribed(room) ? 1 : 0) }
            guard let publication = self.outbox.accepted(isHeard: isHeard, at: now) else { return }
            self.node.tally.counts.published += 1
            self.settle(publication, .accepted)
        case .reply:
            self.pipeline.giveUpUnexpected()
        case .refused(let reply):
            guard let publication = self.outbox.refused() else { return }
            self.settle(publication, reply.kind == .noPermission ? .forbidden : .unavailable)
            self.complaints.refused(reply, in: publication.message.room, at: now)
        case .lost:
            // Sent again on the next connection.
            break
        }
    }
}

@available(*, unavailable) extension RedisPublisher: Sendable {}
