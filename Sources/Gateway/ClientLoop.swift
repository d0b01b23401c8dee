import ClientProtocols
import HTTPServer
import Instruments
import Messaging
import Reactor
import Rooms
import Sessions
import Transport

/// One event loop that holds clients, with everything that lives on it.
struct ClientLoop: Sendable {
    let loop: EventLoop
    let shard: LoopBound<RoomShard>
    let registry: LoopBound<SessionRegistry>
    let webSockets: LoopBound<WebSocketHost>
    let server: LoopBound<HTTPServer>

    /// What the loops of a gateway share.
    struct Shared: Sendable {
        let instance: String
        let settings: GatewaySettings
        let directory: RoomDirectory
        let broker: any Broker
        let reconnects: ReconnectStore
        let users: UserDirectory
        let budget: QueueBudget
        let log: EventLog
    }

    init(index: Int, _ shared: Shared) throws(ReactorError) {
        let loop = try EventLoop(
            index: index,
            name: "loop-\(index)",
            configuration: shared.settings.engine.loopConfiguration(budget: shared.budget)
        )
        let registry = SessionRegistry(
            loop: loop,
            instance: shared.instance,
            settings: shared.settings.sessions,
            handshakeTimeout: shared.settings.http.headTimeout,
            // The broker answers within its patience; this leaves a moment for the answer to arrive.
            publicationPatience: shared.settings.broker.patience + .seconds(2),
            traits: SpokenProtocols.traits,
            reconnects: shared.reconnects,
            chains: shared.broker.chains,
            users: shared.users,
            log: shared.log
        )
        let shard = RoomShard(
            loop: loop,
            directory: shared.directory,
            broker: shared.broker,
            encoder: FrameMessageEncoder(),
            delegate: registry
        )
        registry.connect(shard)
        let webSockets = WebSocketHost(loop: loop, registry: registry, settings: shared.settings.transport)
        loop.addTickObserver(shard)
        loop.addPressureObserver(webSockets)
        self.loop = loop
        self.shard = LoopBound(shard, on: loop)
        self.registry = LoopBound(registry, on: loop)
        self.webSockets = LoopBound(webSockets, on: loop)
        let router = PublicRoutes.router(webSockets, shared.settings)
        let server = HTTPServer(loop: loop, router: router, limits: shared.settings.http)
        let handshakes = webSockets.handshakes
        server.onRejection = { handshakes.rejected($0, $1, $2) }
        self.server = LoopBound(server, on: loop)
    }

    /// Accepts clients on one of the public listener's sockets.
    func listen(on socket: consuming ListeningSocket, log: EventLog) throws(ReactorError) {
        let server = self.server.value
        try self.loop.listen(socket, failed: AcceptLog(loop: self.loop.name, log).note) { server.accept($0) }
    }

    /// This loop's numbers, copied in one of its turns.
    ///
    /// Called on the loop.
    func report() -> LoopReport {
        let rooms = self.shard.value.report()
        let registry = self.registry.value
        return LoopReport(
            rooms: rooms,
            sessions: SessionReport(
                counts: registry.report(),
                active: registry.active(),
                loop: rooms.loop
            ),
            rejections: HandshakeReport(
                requests: self.server.value.counts.rejections,
                upgrades: self.webSockets.value.rejected,
                durations: self.webSockets.value.durations
            )
        )
    }
}

/// A loop's numbers in one scrape: all from the same turn.
struct LoopReport: Sendable {
    let rooms: RoomReport
    let sessions: SessionReport
    let rejections: HandshakeReport
}
