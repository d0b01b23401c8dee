import Instruments
import Messaging
import Reactor

/// The part of the broker on its loop: both connections and what they share.
final class RedisNode {
    private static let upkeepInterval = Duration.seconds(60)

    let inbox: RedisInbox
    let log: EventLog
    let tally = RedisTally()
    let complaints: RedisComplaints
    var probe = RedisProbe()
    private(set) var sink: (any BrokerSink)?
    private(set) var fleet: RedisFleet?

    private let loop: EventLoop
    private let settings: RedisSettings
    private let patience: Duration
    private let endpoint: RedisEndpoint
    private let identity: FleetIdentity
    private let fleetLimits: FleetLimits
    private let channels: RedisChannels
    private let shown: Lock<RedisBroker.Shown>

    private var connections: [RedisConnection] = []
    private var pipeline: RedisPipeline?
    private var clock: RedisClock?
    private var publisher: RedisPublisher?
    private var announcer: RedisAnnouncer?
    private var subscriber: RedisSubscriber?
    private var chains: RedisChains?
    private var hasPublished = false
    /// An ACL denies it to publish to the probe's channel.
    private var isProbeDenied = false
    /// Redis does not know `HELLO`.
    private var isRoleUntold = false
    /// Redis has told the time on this connection, or refuses to.
    private var isTimed = false
    private var health = BrokerHealth.down(reason: RedisFault.notStarted.description)
    private var upkeep: TimerToken?

    init(
        loop: EventLoop,
        settings: RedisSettings,
        patience: Duration,
        endpoint: RedisEndpoint,
        identity: FleetIdentity,
        fleetLimits: FleetLimits,
        inbox: RedisInbox,
        shown: Lock<RedisBroker.Shown>,
        log: EventLog
    ) {
        self.loop = loop
        self.settings = settings
        self.patience = patience
        self.endpoint = endpoint
        self.identity = identity
        self.fleetLimits = fleetLimits
        self.channels = RedisChannels(prefix: settings.prefix, origin: identity.origin)
        self.inbox = inbox
        self.shown = shown
        self.log = log
        self.complaints = RedisComplaints(tally: self.tally, log: log)
    }

    func start(delivering sink: any BrokerSink, answering responder: any FleetResponder) {
        self.sink = sink
        let publish = self.makeConnection(.publish)
        let subscribe = self.makeConnection(.subscribe)
        let pipeline = RedisPipeline(connection: publish, loop: self.loop)
        pipeline.delegate = self
        self.pipeline = pipeline
        let clock = RedisClock(pipeline: pipeline, loop: self.loop, complaints: self.complaints)
        self.clock = clock
        self.fleet = RedisFleet(
            FleetMember(self.identity, channel: self.channels.fleet, limits: self.fleetLimits) {
                .random(in: 0...UInt64.max)
            },
            over: pipeline,
            clock: clock,
            loop: self.loop,
            responder: responder,
            complaints: self.complaints,
            log: self.log
        )
        let publisher = RedisPublisher(
            node: self,
            pipeline: pipeline,
            clock: clock,
            loop: self.loop,
            channels: self.channels,
            outbox: BusOutbox(origin: self.identity.origin, patience: self.patience)
        )
        self.publisher = publisher
        self.announcer = RedisAnnouncer(
            pipeline: pipeline,
            publisher: publisher,
            loop: self.loop,
            channels: self.channels,
            complaints: self.complaints,
            origin: self.identity.origin
        )
        self.subscriber = RedisSubscriber(
            node: self,
            connection: subscribe,
            loop: self.loop,
            channels: self.channels,
            clock: clock,
            origin: self.identity.origin
        )
        self.chains = RedisChains(
            pipeline: pipeline,
            loop: self.loop,
            keys: RedisKeys(prefix: self.settings.prefix),
            identity: self.identity,
            inbox: self.inbox,
            complaints: self.complaints,
            pingInterval: self.settings.pingInterval
        )
        self.connections = [publish, subscribe]
        self.loop.addTickObserver(self)
        self.keepUp()
        subscribe.start()
        publish.start()
        self.takeInbox()
    }

    func stop() {
        self.takeInbox()
        self.fleet?.stop()
        for connection in self.connections {
            connection.flush()
            connection.stop()
        }
        self.publisher?.stop()
        if let upkeep = self.upkeep.take() {
            self.loop.cancel(upkeep)
        }
    }

    func takeInbox() {
        // What comes before the start waits until then.
        guard self.sink != nil else { return }
        let contents = self.inbox.take()
        if !contents.refused.isEmpty {
            self.sink?.settled(contents.refused)
        }
        if !contents.rooms.isEmpty {
            self.subscriber?.reconsider(contents.rooms)
        }
        if !contents.publications.isEmpty {
            self.publisher?.publish(contents.publications)
        }
        if !contents.chains.isEmpty {
            self.chains?.carryOut(contents.chains)
        }
    }

    func ask(
        _ question: FleetQuestion,
        within patience: Duration,
        _ continuation: CheckedContinuation<FleetAnswers, Never>
    ) {
        guard let fleet = self.fleet else {
            continuation.resume(returning: self.identity.unheard)
            return
        }
        fleet.ask(question, within: patience, continuation)
    }

    private func makeConnection(_ role: RedisConnection.Role) -> RedisConnection {
        RedisConnection(
            role: role,
            loop: self.loop,
            settings: self.settings,
            haste: self.patience,
            endpoint: self.endpoint,
            instance: self.identity.instance,
            tally: self.tally,
            complaints: self.complaints,
            log: self.log
        )
    }

    /// Forgets, now and then, what has not been used for long.
    private func keepUp() {
        self.upkeep = self.loop.schedule(after: Self.upkeepInterval) { [weak self] in
            guard let self else { return }
            self.publisher?.outbox.sequence.forgetIdle(at: self.loop.now)
            self.subscriber?.forgetIdle()
            self.keepUp()
        }
    }

    // MARK: - What one connection has for the other

    var canPublish: Bool { self.pipeline?.isOpen ?? false }

    /// One connection is established, so Redis is there and the other one is tried at once.
    func subscriberOpened() {
        self.connections.first?.hurry()
    }

    func isSubscribed(_ room: RoomName) -> Bool { self.subscriber?.isSubscribed(room) ?? false }

    /// All rooms are subscribed again after the subscriptions were lost.
    func returned(missingSince since: Instant) {
        self.announcer?.returned(missingSince: since)
    }

    /// What was said on the inner channel besides tails.
    func heard(_ announcement: BusAnnouncement) {
        self.announcer?.heard(announcement)
    }

    /// Publishes to this instance itself, or gives up the subscription if the last probe did not come back.
    private func probeSubscription() {
        guard !self.isProbeDenied, let subscriber = self.subscriber, subscriber.isListening, subscriber.hearsProbe
        else { return }
        guard !self.probe.isOverdue else {
            self.probe.reset()
            subscriber.give(up: .subscriptionSilent)
            return
        }
        let number = self.probe.next()
        let command = RedisCommand("PUBLISH", self.channels.probe, String(number))
        self.pipeline?.send(command) { [weak self] answer, now in
            guard let self else { return }
            switch answer {
            case .reply(.integer): self.probe.accepted(number)
            case .reply: self.pipeline?.giveUpUnexpected()
            case .refused(let reply):
                self.isProbeDenied = reply.kind == .noPermission
                self.complaints.refused(reply, channel: self.channels.probe, at: now)
            case .lost: break
            }
        }
    }

    /// A primary may be made a replica while it is connected to.
    private func askRole() {
        guard !self.isRoleUntold else { return }
        self.pipeline?.send(RedisRole.question) { [weak self] answer, _ in
            guard let self else { return }
            switch answer {
            case .reply(let reply) where RedisRole(reply) == .replica:
                for connection in self.connections {
                    connection.give(up: .replica)
                }
            case .refused:
                self.isRoleUntold = true
            case .reply, .lost:
                break
            }
        }
    }

    func healthChanged(_ fault: RedisFault? = nil) {
        let isUp = self.canPublish && self.subscriber?.isListening == true
        let before = self.health
        // Not before the time is known, since messages there carry it.
        self.fleet?.setConnected(isUp && self.isTimed && self.subscriber?.hearsFleet == true)
        if isUp {
            self.health = .up
        } else if let fault {
            self.health = .down(reason: fault.description)
        }
        // Nobody is to be alarmed by a gateway that stops.
        guard (before == .up) != isUp, fault != .stopped else { return }
        if case .down(let reason) = self.health {
            self.log.write(RedisEvent.down, [(.broker, .text("redis")), (.reason, .text(reason))])
        } else {
            let place = self.connections.first?.place ?? ""
            self.log.write(RedisEvent.up, [(.broker, .text("redis")), (.address, .text(place))])
        }
    }
}

extension RedisNode: RedisPipelineDelegate {
    func pipelineOpened(at now: Instant) {
        if self.hasPublished {
            self.tally.counts.reconnects += 1
        }
        self.hasPublished = true
        self.isProbeDenied = false
        self.isRoleUntold = false
        self.fleet?.pipelineOpened()
        self.chains?.opened()
        self.connections.last?.hurry()
        // Epochs that begin with the first publications carry the time.
        self.clock?.opened { [weak self] in
            guard let self, self.canPublish else { return }
            self.isTimed = true
            self.publisher?.opened()
            self.healthChanged()
        }
    }

    func pipelinePinged() {
        self.clock?.ask()
        self.askRole()
        self.probeSubscription()
        self.chains?.pinged()
    }

    func pipelineAnswered(at now: Instant) {
        self.publisher?.answersEnded()
    }

    func pipelineClosed(_ fault: RedisFault, at now: Instant) {
        self.isTimed = false
        self.chains?.closed()
        self.publisher?.closed()
        self.healthChanged(fault)
    }
}

extension RedisNode: TickObserver {
    func tickEnded(now: Instant) {
        self.announcer?.plan()
        for connection in self.connections {
            connection.flush()
        }
        let (health, counts, fleet) = (self.health, self.tally.counts, self.fleet?.takeStatus())
        self.shown.withLock { shown in
            shown.health = health
            shown.counts = counts
            shown.fleet = fleet ?? shown.fleet
        }
    }
}

@available(*, unavailable) extension RedisNode: Sendable {}
