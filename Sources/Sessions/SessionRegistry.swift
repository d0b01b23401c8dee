import Crypto
package import Instruments
package import Messaging
package import Reactor
package import Rooms

/// The sessions of one event loop, their counters, and what they share.
package final class SessionRegistry {
    package let loop: EventLoop
    package let instance: String
    package let settings: SessionSettings
    /// How long a client may take to say who it is.
    package let handshakeTimeout: Duration
    /// The longest time that a publisher is not read while the broker holds its publication.
    package let publicationPatience: Duration
    let pace: HeartbeatPace
    package let traits: PerCase<ProtocolName, ProtocolTraits>
    package let reconnects: ReconnectStore
    /// `nil`: a chain is continued on this instance only.
    let sharing: ChainSharing?
    package let users: UserDirectory
    package let log: EventLog
    /// Set once, before the first connection; the shard reports to the registry about single sessions.
    package var shard: RoomShard {
        guard let shard = self.connectedShard else {
            preconditionFailure("a registry is connected to its shard before the first connection")
        }
        return shard
    }

    // Not `package`: what other targets can see is checked for exclusive access at every change.
    var counts = PerCase<ProtocolName, SessionCounts>(repeating: SessionCounts())
    private var connectedShard: RoomShard?
    var bySlot: [Session?] = []
    /// One per slot.
    var readings: [SlotReading] = []
    var windows = Windows()
    var departures = Departures()
    var closed: ClosedConnections
    /// One byte per slot, 0 without a session; `connections_active` is counted from it.
    private var kinds: [UInt8] = []
    private var ids = ULIDGenerator()
    private var spread = Double.random(in: 0..<1)

    /// - Parameter remembersClosed: How many connections that have ended are remembered.
    package init(
        loop: EventLoop,
        instance: String,
        settings: SessionSettings,
        handshakeTimeout: Duration,
        publicationPatience: Duration,
        traits: PerCase<ProtocolName, ProtocolTraits>,
        reconnects: ReconnectStore,
        chains: (any SharedChains)? = nil,
        users: UserDirectory,
        remembersClosed: Int = 1024,
        log: EventLog
    ) {
        self.closed = ClosedConnections(capacity: remembersClosed)
        self.loop = loop
        self.instance = instance
        self.settings = settings
        self.pace = HeartbeatPace(interval: settings.heartbeatInterval, timeout: settings.heartbeatTimeout)
        self.handshakeTimeout = handshakeTimeout
        self.publicationPatience = publicationPatience
        self.traits = traits
        self.reconnects = reconnects
        self.users = users
        self.log = log
        self.sharing = chains.map { ChainSharing($0, settings: settings) }
        if let sharing = self.sharing {
            loop.addTickObserver(sharing)
        }
    }

    package func connect(_ shard: RoomShard) {
        self.connectedShard = shard
    }

    // MARK: - Coming and going

    package func makeConnectionID() -> ConnectionID {
        ConnectionID(self.ids.next(atMilliseconds: self.loop.wallNanoseconds / 1_000_000))
    }

    func makeMessageID() -> MessageID {
        MessageID(self.ids.next(atMilliseconds: self.loop.wallNanoseconds / 1_000_000))
    }

    /// How long a resume token is: 128 random bits in base64url.
    static let tokenCharacters = 22

    func makeToken() -> String {
        randomToken(bytes: 16)
    }

    /// A connection is open: its 101 has been written.
    ///
    /// - Parameter encoding: How room messages are written for it.
    package func open(
        _ identity: Identity,
        on handle: ConnectionHandle,
        encoding: MessageEncoding,
        output: any SessionOutput
    ) -> Session {
        let session = Session(
            identity: identity,
            handle: handle,
            registry: self,
            encoding: encoding,
            output: output,
            heartbeat: self.traits[identity.protocolName].isPinged ? self.makeHeartbeat(identity.connection) : nil
        )
        let slot = Int(handle.slot)
        while self.bySlot.count <= slot {
            self.bySlot.append(nil)
            self.kinds.append(0)
            self.readings.append(SlotReading())
        }
        self.bySlot[slot] = session
        self.kinds[slot] = Self.kind(identity)
        self.readings[slot] = SlotReading()
        self.counts[identity.protocolName].opened += 1
        session.log(
            .opened,
            [(.transport, .text(identity.transport.label)), (.remoteAddress, .text(identity.remoteAddress))]
        )
        session.enter()
        session.wake()
        return session
    }

    private func makeHeartbeat(_ connection: ConnectionID) -> Heartbeat {
        Heartbeat(
            pace: self.pace,
            openedAt: self.loop.now,
            spread: self.nextSpread(),
            payload: connection.ulid.low
        )
    }

    /// Where in its first interval the next client is pinged.
    ///
    /// Steps of the golden ratio fill an interval evenly however many come, without a system call per handshake.
    private func nextSpread() -> Double {
        self.spread = (self.spread + 0.618_033_988_749_895).truncatingRemainder(dividingBy: 1)
        return self.spread
    }

    /// From here on the session does not count as open.
    func saidGoodbye(_ session: Session, _ ending: Ending, after lived: Duration) {
        self.kinds[Int(session.handle.slot)] = 0
        let name = session.identity.protocolName
        self.counts[name].closed[ending.initiator][ending.reason] += 1
        self.counts[name].duration[ending.initiator].observe(lived)
    }

    func forget(_ session: Session) {
        self.bySlot[Int(session.handle.slot)] = nil
        self.windows.last[Int(session.handle.slot)] = nil
    }

    // MARK: - Finding

    /// The session of a connection, even while it says goodbye.
    package func session(of handle: ConnectionHandle) -> Session? {
        let slot = Int(handle.slot)
        guard slot < self.bySlot.count, let session = self.bySlot[slot], session.handle == handle else { return nil }
        return session
    }

    /// The session with this id, if it is on this loop, even while it says goodbye; searches all slots.
    package func session(of id: ConnectionID) -> Session? {
        for case let session? in self.bySlot where session.identity.connection == id {
            return session
        }
        return nil
    }

    /// The sessions of the loop that have not said goodbye.
    var live: [Session] {
        self.bySlot.compactMap { $0?.state.isLive == true ? $0 : nil }
    }

    // MARK: - Counting

    /// A copy of all counters.
    package func report() -> PerCase<ProtocolName, SessionCounts> {
        self.counts
    }

    func countReceived(_ name: ProtocolName, _ handle: ConnectionHandle, bytes: Int) {
        self.counts[name].messagesReceived += 1
        self.counts[name].bytesReceived += UInt64(bytes)
        self.loop.addReceived(messages: 1, to: handle)
    }

    func countReconnect(
        _ name: ProtocolName,
        _ outcome: ReconnectOutcome,
        _ origin: ReconnectOrigin,
        gap: Duration?
    ) {
        self.counts[name].reconnects[outcome][origin] += 1
        if let gap {
            self.counts[name].reconnectGap.observe(gap)
        }
    }

    /// A message that `/echo` received and sent back.
    package func countEcho(_ name: ProtocolName, _ handle: ConnectionHandle, bytes: Int) {
        self.countReceived(name, handle, bytes: bytes)
        self.counts[name].echoed += 1
        self.counts[name].bytesEchoed += UInt64(bytes)
    }

    /// Open connections, counted from the slots themselves.
    package func active() -> PerCase<ProtocolName, PerCase<TransportName, Int>> {
        var active = PerCase<ProtocolName, PerCase<TransportName, Int>>(repeating: PerCase(repeating: 0))
        var byKind = [Int](repeating: 0, count: 256)
        for kind in self.kinds {
            byKind[Int(kind)] += 1
        }
        for name in ProtocolName.allCases {
            for transport in TransportName.allCases {
                active[name][transport] = byKind[Int(Self.kind(name, transport))]
            }
        }
        return active
    }

    /// Open connections.
    package var openCount: Int {
        self.kinds.reduce(0) { $0 + ($1 == 0 ? 0 : 1) }
    }

    private static func kind(_ identity: Identity) -> UInt8 {
        self.kind(identity.protocolName, identity.transport)
    }

    private static func kind(_ name: ProtocolName, _ transport: TransportName) -> UInt8 {
        1 + name.rawValue * UInt8(TransportName.allCases.count) + transport.rawValue
    }
}

extension SessionRegistry: RoomShardDelegate {
    package func settled(_ receipt: PublicationReceipt, for connection: ConnectionHandle) {
        self.session(of: connection)?.settled(receipt)
    }

    package func subscribed(_ connection: ConnectionHandle, _ answer: SubscriptionAnswer) {
        guard let id = answer.command, let session = self.session(of: connection), session.state.isLive else { return }
        session.output.send(.subscribed(id, recovered: answer.recovered))
    }

    package func refused(
        _ connection: ConnectionHandle,
        _ room: RoomName,
        _ refusal: Refusal,
        _ answers: [SubscriptionAnswer]
    ) {
        self.session(of: connection)?.subscriptionRefused(room, refusal, answers)
    }

    package var watchesDeliveries: Bool { self.log.shows(.debug) }

    package func watched(_ step: MessageStep) {
        switch step {
        case .accepted(let id, let room, let publisher):
            self.logStep(.publicationAccepted, id, room, publisher)
        case .fannedOut(let id, let room, let user, let recipients):
            let values: [(LogField, LogValue)] = [
                (.room, .text(room.text)), (.messageId, .text(id.text)), (.loop, .text(self.loop.name)),
                (.count, .integer(Int64(recipients))),
            ]
            self.log.write(SessionEvent.fannedOut, values + (user.map { [(.userId, .text($0.text))] } ?? []))
        case .queued(let id, let room, let member):
            self.logStep(.deliveryQueued, id, room, member)
        case .settled(let id, let room, let member, let outcome):
            self.logStep(.deliverySettled, id, room, member, [(.outcome, .text(outcome.label))])
        }
    }

    /// - Parameter connection: The connection named in the line, if its session is still known.
    private func logStep(
        _ event: SessionEvent,
        _ message: MessageID,
        _ room: RoomName,
        _ connection: ConnectionHandle?,
        _ more: [(LogField, LogValue)] = []
    ) {
        let values = [(.room, .text(room.text)), (.messageId, .text(message.text))] + more
        if let session = connection.flatMap({ self.session(of: $0) }) {
            session.log(event, values)
        } else {
            self.log.write(event, values)
        }
    }
}

@available(*, unavailable) extension SessionRegistry: Sendable {}
