package import Instruments

/// One instance's part in the fleet: it announces itself, hears about the others, asks and answers.
///
/// It has no socket and no clock: it is told what came and when, and returns what to do. A broker carries that out.
package struct FleetMember: Sendable {
    package enum Action: Equatable, Sendable {
        /// Publish this on the channel, then call `published` or `unpublished`.
        case publish([UInt8], FleetPost)
        /// Get the question answered, then call `answered`.
        case answer(FleetQuestion, FleetTicket)
        /// The answer comes too late: cancel its task. `answered` must still be called.
        case giveUp(FleetTicket)
        /// These are the answers to the question.
        case settle(FleetNonce, FleetAnswers)
        /// Something for the log.
        case note(FleetNote)
    }

    /// Who this instance is.
    package let identity: FleetIdentity
    /// The channel's full name.
    package let channel: String

    private let limits: FleetLimits
    private let seal: FleetSeal
    private let draw: @Sendable () -> UInt64
    private var peers: FleetPeers
    private var asking: FleetAsking
    private var answering: FleetAnswering
    private var nonces: FleetNonceMemory
    private var counted = FleetStatus()

    /// Since when the channel has been usable in both directions; `nil` if it is not.
    private var connectedAt: Instant?
    /// When it was usable for the first time.
    private var joinedAt: Instant?
    private var nextHeartbeat: Instant?
    private var nextReview: Instant?

    /// - Parameters:
    ///   - channel: Its full name, which is part of what is signed.
    ///   - draw: 64 random bits at each call.
    package init(
        _ identity: FleetIdentity,
        channel: String,
        limits: FleetLimits = FleetLimits(),
        draw: @escaping @Sendable () -> UInt64
    ) {
        self.identity = identity
        self.channel = channel
        self.limits = limits
        self.seal = FleetSeal(key: identity.key, channel: channel, limits: limits)
        self.draw = draw
        self.peers = FleetPeers(limits: limits)
        self.asking = FleetAsking(own: identity.origin, instance: identity.instance, limits: limits)
        self.answering = FleetAnswering(limits: limits)
        self.nonces = FleetNonceMemory(period: limits.clockTolerance * 2, capacity: limits.rememberedNonces)
    }

    /// When `tick` next has something to do, unless something else happens first.
    package var deadline: Instant? {
        [self.nextHeartbeat, self.nextReview, self.asking.deadline, self.answering.deadline].compactMap(\.self).min()
    }

    package func status(at now: Instant) -> FleetStatus {
        var status = self.counted
        status.peers = self.peers.ages(at: now)
        return status
    }

    // MARK: - The channel

    /// The channel is usable: the others are told of this instance at once.
    package mutating func connected(at time: FleetTime) -> [Action] {
        guard self.connectedAt == nil else { return [] }
        self.connectedAt = time.now
        self.joinedAt = self.joinedAt ?? time.now
        return self.beat(at: time)
    }

    /// The channel is not usable any more.
    package mutating func disconnected() -> [Action] {
        self.connectedAt = nil
        self.nextHeartbeat = nil
        return self.asking.disconnected(peers: self.peers).map { .settle($0.question, $0.answers) }
    }

    /// The end: the others are told, and nothing waits any longer.
    package mutating func stop(at time: FleetTime) -> [Action] {
        let goodbye = self.connectedAt.map { _ in Action.publish(self.sealed(.goodbye, at: time), .other) }
        self.connectedAt = nil
        self.nextHeartbeat = nil
        self.nextReview = nil
        let settled = self.asking.stop(peers: self.peers).map { Action.settle($0.question, $0.answers) }
        return (goodbye.map { [$0] } ?? []) + settled
    }

    /// Time has passed.
    package mutating func tick(at time: FleetTime) -> [Action] {
        let now = time.now
        var actions: [Action] = []
        if let next = self.nextHeartbeat, now >= next {
            actions += self.beat(at: time)
        }
        if let next = self.nextReview, now >= next {
            if let connected = self.connectedAt {
                let lost = self.peers.forgetLost(since: connected, at: now)
                actions += lost.map { .note(.peerLost($0)) }
            }
            self.planReview(at: now)
        }
        actions += self.answering.tick(at: now).map { .giveUp($0) }
        actions += self.asking.tick(at: now, peers: self.peers).map { .settle($0.question, $0.answers) }
        return actions
    }

    /// A post has reached this many connections.
    package mutating func published(_ post: FleetPost, receivers: Int) -> [Action] {
        switch post {
        case .question(let question):
            return self.settle(self.asking.published(question, receivers: receivers, peers: self.peers))
        case .reply(let ticket):
            self.answering.published(ticket)
            return []
        case .other:
            return []
        }
    }

    /// A post has reached nobody, or not certainly.
    package mutating func unpublished(_ post: FleetPost) -> [Action] {
        switch post {
        case .question(let question):
            return self.settle(self.asking.unpublished(question, peers: self.peers))
        case .reply(let ticket):
            self.answering.published(ticket)
            return []
        case .other:
            return []
        }
    }

    // MARK: - Asking

    /// Asks every instance, including this one.
    ///
    /// - Returns: The name of the question, and what to do first.
    package mutating func ask(
        _ question: FleetQuestion,
        within patience: Duration,
        at time: FleetTime
    ) -> (FleetNonce, [Action]) {
        let nonce = self.nonce()
        // Nobody obeys an unsigned command, so it is not even sent.
        let isPublished = self.connectedAt != nil && (self.seal.hasKey || !question.subject.isCommand)
        let until = time.now + min(patience, self.limits.patience)
        guard self.asking.begin(nonce, isPublished: isPublished, until: until) else {
            let answers = FleetAnswers(
                [(self.identity.instance, .refused(.busy))],
                unanswered: self.peers.names(without: []),
                isEverybody: false
            )
            return (nonce, [.settle(nonce, answers)])
        }
        var actions: [Action] = []
        if isPublished {
            let content = FleetMessage.Content.question(subject: question.subject.rawValue, body: question.body)
            actions.append(.publish(self.sealed(content, nonce: nonce, at: time), .question(nonce)))
        }
        let ticket = FleetTicket(question: nonce, asker: self.identity.origin)
        if self.answering.begin(ticket, at: time.now) {
            actions.append(.answer(question, ticket))
        } else {
            actions += self.take(.refused(.busy), to: nonce, from: self.identity.origin, self.identity.instance)
        }
        return (nonce, actions)
    }

    private mutating func take(
        _ reply: FleetReply,
        to question: FleetNonce,
        from origin: BusOrigin,
        _ instance: String
    ) -> [Action] {
        self.settle(self.asking.answered(question, by: origin, instance, reply, peers: self.peers))
    }

    private func settle(_ settled: FleetAsking.Settled?) -> [Action] {
        settled.map { [.settle($0.question, $0.answers)] } ?? []
    }

    // MARK: - Answering

    /// The responder has ended.
    package mutating func answered(_ ticket: FleetTicket, _ reply: FleetReply, at time: FleetTime) -> [Action] {
        let isOwn = ticket.asker == self.identity.origin
        let isPublished = !isOwn && self.connectedAt != nil
        guard self.answering.answered(ticket, isPublished: isPublished) else { return [] }
        let reply = reply.bounded(by: self.limits)
        if isOwn {
            return self.take(reply, to: ticket.question, from: ticket.asker, self.identity.instance)
        }
        return isPublished ? [self.say(reply, to: ticket, at: time)] : []
    }

    private mutating func say(_ reply: FleetReply, to ticket: FleetTicket, at time: FleetTime) -> Action {
        .publish(self.sealed(.answer(to: ticket.question, reply), at: time), .reply(ticket))
    }

    private mutating func asked(
        _ subject: String,
        _ body: [UInt8],
        _ ticket: FleetTicket,
        at time: FleetTime
    ) -> [Action] {
        var reason = FleetRefusal.notSupported
        if let subject = FleetSubject(rawValue: subject) {
            guard let question = try? FleetQuestion(subject, body, limits: self.limits) else {
                return self.reject(.unreadable)
            }
            guard !self.answering.begin(ticket, at: time.now) else { return [.answer(question, ticket)] }
            self.counted.questionsRefused += 1
            reason = .busy
        }
        var actions: [Action] = reason == .busy ? [.note(.questionRefused)] : []
        if self.connectedAt != nil, self.answering.refuse(ticket) {
            actions.append(self.say(.refused(reason), to: ticket, at: time))
        }
        return actions
    }

    // MARK: - Hearing

    /// Takes what was published on the channel.
    package mutating func heard(_ bytes: Span<UInt8>, at time: FleetTime) -> [Action] {
        let message: FleetMessage
        do throws(FleetRejection) {
            message = try self.admit(bytes, at: time)
        } catch {
            return self.reject(error)
        }
        let (origin, instance) = (message.origin, message.instance)
        if origin == self.identity.origin {
            guard case .question = message.content else { return [] }
            return self.settle(self.asking.returned(message.nonce, peers: self.peers))
        }
        self.peers.heard(of: instance, origin, at: time.now)
        switch message.content {
        case .heartbeat(let heartbeat):
            guard self.peers.heard(heartbeat, of: instance, origin, at: time.now) else { return [] }
            self.greet(at: time.now)
            return [.note(.peerCame(instance, build: heartbeat.build))]
        case .question(let subject, let body):
            return self.asked(subject, body, FleetTicket(question: message.nonce, asker: origin), at: time)
        case .answer(let question, let reply):
            return self.take(reply, to: question, from: origin, instance)
        case .goodbye:
            return self.peers.left(instance, origin) ? [.note(.peerLeft(instance))] : []
        }
    }

    /// Accepts what is properly signed, recent and new.
    private mutating func admit(_ bytes: Span<UInt8>, at time: FleetTime) throws(FleetRejection) -> FleetMessage {
        let opened = try self.seal.open(bytes)
        let message = opened.message
        let (sent, now) = (message.sentAt, time.shared.nanoseconds)
        let difference = sent > now ? sent - now : now - sent
        let isInTime = difference <= UInt64(self.limits.clockTolerance.wholeNanoseconds)
        if case .question(let subject, _) = message.content, FleetSubject(rawValue: subject)?.isCommand == true {
            guard opened.isSigned else { throw .unsigned }
            // A message from before this process started listening may have been obeyed by its predecessor.
            guard isInTime, let joined = self.joinedAt else { throw .stale }
            guard sent > now || joined + .nanoseconds(Int64(difference)) <= time.now else { throw .stale }
        }
        guard isInTime, self.nonces.insert(message.nonce, at: time.now) else { throw .stale }
        return message
    }

    private mutating func reject(_ reason: FleetRejection) -> [Action] {
        self.counted.rejected[reason] += 1
        return [.note(.rejected(reason))]
    }

    // MARK: - Heartbeats

    private mutating func beat(at time: FleetTime) -> [Action] {
        // Between 80 and 120 % of the interval, so that the instances of a fleet do not beat in sync.
        self.nextHeartbeat = time.now + self.limits.heartbeatInterval * (0.8 + 0.4 * self.chance())
        self.planReview(at: time.now)
        let heartbeat = FleetHeartbeat(build: self.identity.build, clock: time.reading)
        return [.publish(self.sealed(.heartbeat(heartbeat), at: time), .other)]
    }

    /// A new instance should hear from this one soon, but not from all instances at the same moment.
    private mutating func greet(at now: Instant) {
        guard let next = self.nextHeartbeat else { return }
        self.nextHeartbeat = min(next, now + .seconds(1) * self.chance())
    }

    /// While there are peers, one may have to be forgotten, and their ages must be updated.
    private mutating func planReview(at now: Instant) {
        self.nextReview = now + .seconds(1)
    }

    private func chance() -> Double {
        Double(self.draw() >> 11) / Double(UInt64(1) << 53)
    }

    private func nonce() -> FleetNonce {
        FleetNonce(high: self.draw(), low: self.draw())
    }

    private func sealed(_ content: FleetMessage.Content, nonce: FleetNonce? = nil, at time: FleetTime) -> [UInt8] {
        let message = FleetMessage(
            origin: self.identity.origin,
            instance: self.identity.instance,
            nonce: nonce ?? self.nonce(),
            sentAt: time.shared.nanoseconds,
            content: content
        )
        return self.seal.sealed(message)
    }
}
