import Instruments
import Messaging
import Reactor

/// The fleet channel on the broker's loop: carries out what this instance's member of the fleet decides.
final class RedisFleet {
    private let loop: EventLoop
    private let responder: any FleetResponder
    private let pipeline: RedisPipeline
    private let clock: RedisClock
    private let complaints: RedisComplaints
    private let journal: FleetJournal
    private var member: FleetMember
    /// The callers that wait for answers.
    private var asking: [FleetNonce: CheckedContinuation<FleetAnswers, Never>] = [:]
    /// The responders at work, even if nobody waits for them any more.
    private var answering: [FleetTicket: Task<Void, Never>] = [:]
    private var timer: TimerToken?
    private var isStopped = false
    /// An ACL denies it to publish on the channel, as far as this connection goes.
    private var isDenied = false
    private var hasChanged = false

    init(
        _ member: FleetMember,
        over pipeline: RedisPipeline,
        clock: RedisClock,
        loop: EventLoop,
        responder: any FleetResponder,
        complaints: RedisComplaints,
        log: EventLog
    ) {
        self.member = member
        self.pipeline = pipeline
        self.clock = clock
        self.loop = loop
        self.responder = responder
        self.complaints = complaints
        self.journal = FleetJournal(log: log)
    }

    /// What is known of the fleet, if anything happened since it was asked for last; while there is a fleet, something
    /// happens every second.
    func takeStatus() -> FleetStatus? {
        guard self.hasChanged else { return nil }
        self.hasChanged = false
        return self.member.status(at: self.loop.now)
    }

    /// The channel may have become usable or unusable.
    func setConnected(_ isConnected: Bool) {
        self.carryOut(isConnected && !self.isDenied ? self.member.connected(at: self.time) : self.member.disconnected())
    }

    /// Publications go over a new connection.
    func pipelineOpened() {
        self.isDenied = false
    }

    /// Something was published on the channel.
    func heard(_ bytes: [UInt8]) {
        self.carryOut(self.member.heard(bytes.span, at: self.time))
    }

    func ask(
        _ question: FleetQuestion,
        within patience: Duration,
        _ continuation: CheckedContinuation<FleetAnswers, Never>
    ) {
        guard !self.isStopped else {
            continuation.resume(returning: self.member.identity.unheard)
            return
        }
        let (nonce, actions) = self.member.ask(question, within: patience, at: self.time)
        self.asking[nonce] = continuation
        self.carryOut(actions)
    }

    /// Says goodbye, and stops waiting for anything.
    func stop() {
        self.carryOut(self.member.stop(at: self.time))
        self.isStopped = true
        for task in self.answering.values {
            task.cancel()
        }
        self.rearm()
    }

    // MARK: - Carrying out

    private var time: FleetTime {
        FleetTime(now: self.loop.now, shared: self.clock.now, wallNanoseconds: self.loop.wallNanoseconds)
    }

    private func carryOut(_ actions: [FleetMember.Action]) {
        self.hasChanged = true
        for action in actions {
            switch action {
            case .publish(let bytes, let post): self.send(bytes, post)
            case .answer(let question, let ticket): self.answer(question, ticket)
            case .giveUp(let ticket): self.answering[ticket]?.cancel()
            case .settle(let nonce, let answers): self.asking.removeValue(forKey: nonce)?.resume(returning: answers)
            case .note(let note): self.journal.write(note, at: self.loop.now)
            }
        }
        self.rearm()
    }

    private func send(_ bytes: [UInt8], _ post: FleetPost) {
        var command = RedisCommand("PUBLISH", self.member.channel)
        command.append { $0 += bytes }
        self.pipeline.send(command) { [weak self] answer, now in
            guard let self else { return }
            switch answer {
            case .reply(.integer(let receivers)):
                self.carryOut(self.member.published(post, receivers: Int(receivers)))
            case .reply:
                self.pipeline.giveUpUnexpected()
                self.carryOut(self.member.unpublished(post))
            case .refused(let reply):
                self.complaints.refused(reply, channel: self.member.channel, at: now)
                self.carryOut(self.member.unpublished(post))
                if reply.kind == .noPermission {
                    self.isDenied = true
                    self.carryOut(self.member.disconnected())
                }
            case .lost:
                self.carryOut(self.member.unpublished(post))
            }
        }
    }

    private func answer(_ question: FleetQuestion, _ ticket: FleetTicket) {
        let me = LoopBound(self, on: self.loop)
        let responder = self.responder
        self.answering[ticket] = Task {
            let reply = await responder.answer(question)
            me.loop.execute { me.value.answered(ticket, reply) }
        }
    }

    private func answered(_ ticket: FleetTicket, _ reply: FleetReply) {
        self.answering[ticket] = nil
        self.carryOut(self.member.answered(ticket, reply, at: self.time))
    }

    /// One timer, for the member's next deadline.
    private func rearm() {
        if let timer = self.timer.take() {
            self.loop.cancel(timer)
        }
        guard !self.isStopped, let deadline = self.member.deadline else { return }
        self.timer = self.loop.schedule(after: max(deadline - self.loop.now, .zero)) { [weak self] in
            guard let self else { return }
            self.timer = nil
            self.carryOut(self.member.tick(at: self.time))
        }
    }
}

@available(*, unavailable) extension RedisFleet: Sendable {}
