package import Instruments
package import Messaging
package import Reactor

/// Rooms shared between instances through one Redis.
///
/// Two connections live on the broker's own loop: one subscribes to the rooms this instance has, one publishes.
/// Publications are pipelined, and each is accepted once Redis has answered it. While Redis is away they wait, and
/// unanswered ones are sent again. When patience runs out, they are answered `.unavailable`; Redis may have taken those
/// that were sent, and then they are delivered anyway. If more are pending than the settings allow, further ones are
/// `.unavailable` at once.
package final class RedisBroker: Broker {
    /// What other threads see: the state at the end of a tick.
    struct Shown: Sendable {
        var health = BrokerHealth.down(reason: RedisFault.notStarted.description)
        var counts = BrokerCounts()
        var fleet = FleetStatus()
    }

    package let name = "redis"
    /// Its own, which the liveness probe watches.
    package let loop: EventLoop
    private let ownsLoop: Bool
    private let inbox: RedisInbox
    private let node: LoopBound<RedisNode>
    private let shown = Lock(Shown())
    private let sink = Lock<(any BrokerSink)?>(nil)
    private let identity: FleetIdentity

    /// A broker with its own event loop.
    ///
    /// - Parameters:
    ///   - settings: With a URL.
    ///   - patience: How long a publication waits for a Redis that is away.
    ///   - identity: The name shown in Redis' `CLIENT LIST`.
    package convenience init(
        settings: RedisSettings,
        patience: Duration,
        identity: FleetIdentity,
        fleetLimits: FleetLimits = FleetLimits(),
        loopIndex: Int,
        log: EventLog
    ) throws(ReactorError) {
        var configuration = EventLoopConfiguration()
        configuration.maximumConnections = 16
        let loop = try EventLoop(index: loopIndex, name: "redis", configuration: configuration)
        self.init(
            settings: settings,
            patience: patience,
            identity: identity,
            fleetLimits: fleetLimits,
            loop: loop,
            ownsLoop: true,
            log: log
        )
    }

    /// - Parameters:
    ///   - loop: Started and ended by its owner, after the broker has stopped, unless `ownsLoop`.
    ///   - identity: Its origin is this broker's.
    package init(
        settings: RedisSettings,
        patience: Duration,
        identity: FleetIdentity,
        fleetLimits: FleetLimits = FleetLimits(),
        loop: EventLoop,
        ownsLoop: Bool = false,
        log: EventLog
    ) {
        guard let url = settings.url else {
            preconditionFailure("a Redis broker is made from settings with a URL")
        }
        self.loop = loop
        self.ownsLoop = ownsLoop
        self.identity = identity
        self.inbox = RedisInbox(maximumBytes: settings.pendingBytes, maximumMessages: settings.pendingMessages)
        let node = RedisNode(
            loop: loop,
            settings: settings,
            patience: patience,
            endpoint: RedisEndpoint(url),
            identity: identity,
            fleetLimits: fleetLimits,
            inbox: self.inbox,
            shown: self.shown,
            log: log
        )
        self.node = LoopBound(node, on: loop)
    }

    package var health: BrokerHealth { self.shown.withLock { $0.health } }
    package var isHolding: Bool { self.inbox.isHolding }
    package var counts: BrokerCounts { self.shown.withLock { $0.counts } }

    package var fleet: FleetStatus { self.shown.withLock { $0.fleet } }

    package func start(delivering sink: any BrokerSink, answering responder: any FleetResponder) {
        self.sink.withLock { $0 = sink }
        let node = self.node
        self.loop.execute { node.value.start(delivering: sink, answering: responder) }
        if self.ownsLoop {
            self.loop.start()
        }
    }

    package func publish(_ publications: [Publication]) {
        switch self.inbox.add(publications) {
        case .nothing: break
        case .post: self.post()
        case .settle: self.refuse(publications)
        }
    }

    package func reconsider(_ rooms: [RoomName]) {
        if self.inbox.add(rooms) == .post {
            self.post()
        }
    }

    package func ask(_ question: FleetQuestion, within patience: Duration) async -> FleetAnswers {
        let node = self.node
        return await withCheckedContinuation { continuation in
            let isTaken = self.loop.execute {
                node.value.ask(question, within: patience, continuation)
            }
            if !isTaken {
                continuation.resume(returning: self.identity.unheard)
            }
        }
    }

    /// If the broker has its own loop, that has ended when this returns.
    package func stop() {
        guard self.inbox.stop() else { return }
        let node = self.node
        self.loop.execute { node.value.stop() }
        guard self.ownsLoop else { return }
        self.loop.stop()
        if !self.loop.isInside {
            self.loop.join()
        }
    }

    private func post() {
        let node = self.node
        if !self.loop.execute({ node.value.takeInbox() }) {
            let contents = self.inbox.take()
            self.refuse(contents.publications)
            self.refuse(contents.chains)
            self.sink.withLock { $0 }?.settled(contents.refused)
        }
    }

    private func refuse(_ publications: [Publication]) {
        self.sink.withLock { $0 }?.settled(publications.map { PublicationReceipt(of: $0, .unavailable) })
    }
}

extension RedisBroker: SharedChains {
    package var chains: (any SharedChains)? { self }
    package var origin: BusOrigin { self.identity.origin }
    package var canClaim: Bool { self.inbox.isClaimable }

    package func carryOut(_ requests: [ChainRequest]) {
        switch self.inbox.add(requests) {
        case .nothing: break
        case .post: self.post()
        case .settle: self.refuse(requests)
        }
    }

    private func refuse(_ requests: [ChainRequest]) {
        for case .claim(_, let answer) in requests {
            answer(.unavailable)
        }
    }
}
