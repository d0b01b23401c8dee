import Instruments
import Messaging
import Reactor

/// Announces on the bus how far this instance has come, asks the others the same after it was away, and answers them.
final class RedisAnnouncer {
    private let pipeline: RedisPipeline
    private let publisher: RedisPublisher
    private let loop: EventLoop
    private let channels: RedisChannels
    private let complaints: RedisComplaints
    private let origin: BusOrigin
    private var recall: BusRecall
    private var timer: (token: TimerToken, at: Instant)?

    init(
        pipeline: RedisPipeline,
        publisher: RedisPublisher,
        loop: EventLoop,
        channels: RedisChannels,
        complaints: RedisComplaints,
        origin: BusOrigin
    ) {
        self.pipeline = pipeline
        self.publisher = publisher
        self.loop = loop
        self.channels = channels
        self.complaints = complaints
        self.origin = origin
        self.recall = BusRecall(origin: origin)
    }

    /// All rooms are subscribed again after a lost subscription.
    func returned(missingSince since: Instant) {
        self.recall.returned(missingSince: since, at: self.loop.now)
    }

    /// What this or another instance said on the inner channel besides tails.
    func heard(_ announcement: BusAnnouncement) {
        if let recall = announcement.recall {
            let away = Duration.milliseconds(Int64(clamping: min(recall.awayMilliseconds, 3_600_000)))
            let question = recall.number.map { BusQuestion(asker: announcement.origin, number: $0) }
            self.publisher.outbox.sequence.recall(away, question: question, at: self.loop.now)
            if announcement.origin != self.origin {
                self.recall.other(announcement.origin, wasAwayAt: self.loop.now)
            }
        }
        for question in announcement.answered {
            self.recall.answered(question, by: announcement.origin)
        }
    }

    /// Sets the timer for the next announcement; nothing is announced without a connection.
    func plan() {
        guard self.pipeline.isOpen else { return }
        let next = [self.publisher.outbox.sequence.nextDue, self.recall.nextDue].compactMap { $0 }.min()
        guard next != self.timer?.at else { return }
        if let timer = self.timer.take() {
            self.loop.cancel(timer.token)
        }
        guard let next else { return }
        let token = self.loop.schedule(after: max(next - self.loop.now, .zero)) { [weak self] in
            self?.timer = nil
            self?.speak()
        }
        self.timer = (token, next)
    }

    private func speak() {
        guard self.pipeline.isOpen else { return }
        let due = self.publisher.outbox.sequence.takeDue(at: self.loop.now)
        for announcement in due.announcements {
            self.announce(announcement)
        }
        if !due.answered.isEmpty {
            self.publish(BusAnnouncement(origin: self.origin, answered: due.answered), on: self.channels.inner)
        }
        if let asking = self.recall.ask(at: self.loop.now) {
            self.ask(asking)
        }
    }

    private func announce(_ announcement: BusSequencePublisher.Due.Announcement) {
        let room = announcement.room
        let tails = announcement.tails.map { BusAnnouncement.RoomTail(room: room, tail: $0) }
        let channel = self.channels.channel(of: room)
        self.publish(BusAnnouncement(origin: self.origin, tails: tails), on: channel) { [weak self] heard in
            if let self, heard == .failed {
                self.publisher.outbox.sequence.returned(room, at: self.loop.now)
            }
        }
    }

    private func ask(_ asking: BusRecall.Asking) {
        let recall = BusAnnouncement.Recall(
            awayMilliseconds: UInt64(clamping: asking.away.wholeMilliseconds),
            number: asking.question.number
        )
        let announcement = BusAnnouncement(origin: self.origin, recall: recall)
        self.publish(announcement, on: self.channels.inner) { [weak self] heard in
            guard let self else { return }
            switch heard {
            case .by(let count): self.recall.asked(asking.question, heardBy: count)
            case .denied: self.recall.asked(asking.question, heardBy: 0)
            case .failed: self.recall.failed(asking.question, at: self.loop.now)
            }
        }
    }

    /// What became of an announcement.
    private enum Heard: Equatable {
        /// So many connections got it.
        case by(Int)
        /// An ACL forbids it: it would be denied again.
        case denied
        /// It was not, or not certainly, published.
        case failed
    }

    private func publish(
        _ announcement: BusAnnouncement,
        on channel: String,
        then: @escaping (Heard) -> Void = { _ in }
    ) {
        var command = RedisCommand("PUBLISH", channel)
        command.append { $0 += announcement.encoded }
        self.pipeline.send(command) { [weak self] answer, now in
            switch answer {
            case .reply(.integer(let count)):
                then(.by(Int(clamping: count)))
            case .reply:
                self?.pipeline.giveUpUnexpected()
                then(.failed)
            case .refused(let reply):
                self?.complaints.refused(reply, channel: channel, at: now)
                then(reply.kind == .noPermission ? .denied : .failed)
            case .lost:
                then(.failed)
            }
        }
    }
}

@available(*, unavailable) extension RedisAnnouncer: Sendable {}
