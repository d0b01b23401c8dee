package import Instruments
package import Messaging
package import Reactor
import Rooms

/// One client from hello to goodbye: its rooms, its heartbeat, its commands and their answers.
///
/// Lives on its connection's loop. Knows no bytes: commands come in, events go out through `SessionOutput`.
package final class Session {
    // A `package` property, and one that is changed in place by a call, is checked for exclusive access at every use.
    // So these are neither: they are replaced whole.
    var identity: Identity
    var state: SessionState
    package let handle: ConnectionHandle
    package let openedAt: Instant
    var subscriptions = SubscriptionList()

    // The registry outlives its sessions; the output owns this one.
    unowned let registry: SessionRegistry
    unowned let output: any SessionOutput
    /// How messages are written for it.
    private let encoding: MessageEncoding
    /// `nil` if the client is not pinged.
    var heartbeat: Heartbeat?
    var lineage = Lineage()
    /// Whether its client was here before, so that it counts as a reconnect.
    var hasReturned = false
    /// When to give up on a client without a name; far in the future once it has one.
    private var nameDeadline = Instant(nanoseconds: .max)
    var holds: ReadingHold = []
    var waiting: WaitingCommand?
    /// From the goodbye until the socket is gone.
    var lastWords: LastWords?

    init(
        identity: Identity,
        handle: ConnectionHandle,
        registry: SessionRegistry,
        encoding: MessageEncoding,
        output: any SessionOutput,
        heartbeat: Heartbeat?
    ) {
        self.identity = identity
        self.state = .open
        self.handle = handle
        self.registry = registry
        self.output = output
        self.encoding = encoding
        self.heartbeat = heartbeat
        self.openedAt = registry.loop.now
        if identity.user == nil {
            self.state = .unnamed
            self.nameDeadline = self.openedAt + registry.handshakeTimeout
        }
    }

    /// The client's first command has said who it is.
    func named(_ user: ClientUser) {
        self.identity = self.identity.named(user)
        self.state = .open
        self.nameDeadline = Instant(nanoseconds: .max)
        self.enter()
    }

    /// The client has a name, from the start or since its first command.
    func enter() {
        guard let user = self.identity.user else { return }
        self.registry.users.enter(user, isAnonymous: self.identity.isAnonymous)
        self.noteReturn(of: user)
    }

    /// In microseconds; 0 if there was none yet.
    var pingRoundTrip: UInt32 {
        UInt32(clamping: (self.heartbeat?.lastRTT?.wholeNanoseconds ?? 0) / 1000)
    }

    /// What its client's language needs from it.
    var traits: ProtocolTraits { self.registry.traits[self.identity.protocolName] }

    // MARK: - Rooms

    /// Joins a room; being in it already does no harm.
    ///
    /// - Parameter answer: What waits for the broker's word; `nil`: nothing, and the connection stays in the room
    ///   however long the broker is away.
    /// - Returns: Why not, if the connection may not join another room.
    package func join(_ room: RoomName, answering answer: SubscriptionAnswer? = nil) -> Refusal? {
        if let known = self.subscriptions[room] {
            return self.registry.shard.answerWhenConfirmed(known, answer)
        }
        let limit = self.registry.settings.maximumSubscriptions
        guard self.subscriptions.count < limit else {
            return Refusal(.rateLimited, "a connection may be in \(limit) rooms (limits.subscriptions)")
        }
        self.subscriptions.append(
            self.registry.shard.join(room, self.handle, as: self.encoding, answering: answer)
        )
        self.log(.subscribed, [(.room, .text(room.text))])
        return nil
    }

    /// - Returns: Why not, if it was not in the room.
    package func leave(_ room: RoomName) -> Refusal? {
        guard let subscription = self.subscriptions.remove(room) else {
            return Refusal(.invalid, "this connection is not in room \(room)")
        }
        self.registry.shard.leave(subscription)
        self.log(.unsubscribed, [(.room, .text(room.text))])
        return nil
    }

    // MARK: - Publications

    /// Takes a client's message for a room.
    ///
    /// Its receipt is passed to `settled`.
    ///
    /// - Parameter frameBytes: The payload of the frame that it came in.
    package func publish(
        to room: RoomName,
        kind: PayloadKind,
        payload: [UInt8],
        echo: Bool,
        trace: TraceContext?,
        answering command: CommandID?,
        frameBytes: Int
    ) {
        // Read once: each read costs a retain that has to check whether the registry still exists.
        let registry = self.registry
        registry.countReceived(self.identity.protocolName, self.handle, bytes: frameBytes)
        let sender = SenderReference(loop: UInt16(registry.loop.index), connection: self.handle.bits)
        let id = registry.makeMessageID()
        let shard = registry.shard
        shard.publish(
            Publication(
                message: Message(
                    id: id,
                    room: room,
                    kind: kind,
                    payload: payload,
                    from: self.identity.user,
                    sender: sender,
                    excludesSender: !echo,
                    acceptedAt: registry.loop.wallNanoseconds,
                    trace: trace
                ),
                ticket: PublicationTicket(publisher: .connection(sender), command: command)
            )
        )
        if shard.isHolding {
            self.wait(forReceiptOf: id)
        }
    }

    /// A publication that was refused before it reached the broker.
    ///
    /// - Parameter room: `nil` if the client named none.
    func refusePublication(_ refusal: Refusal, to room: RoomName?, answering id: CommandID?, frameBytes: Int) {
        self.registry.countReceived(self.identity.protocolName, self.handle, bytes: frameBytes)
        self.answerRefused(refusal, id, room)
    }

    /// The broker's answer to one of this session's publications.
    func settled(_ receipt: PublicationReceipt) {
        defer { self.endWait(forReceiptOf: receipt.id) }
        let id = receipt.ticket.command
        switch receipt.result {
        case .accepted:
            if let id, self.state.isLive {
                self.output.send(.published(id, receipt.id))
            }
        case .unavailable:
            self.answerRefused(
                Refusal(
                    .brokerUnavailable,
                    "the broker did not confirm the message; it may not have been delivered"
                ),
                id,
                receipt.room,
                receipt.id
            )
        case .forbidden:
            self.answerRefused(
                Refusal(.forbidden, "the broker does not let this gateway publish to room \(receipt.room)"),
                id,
                receipt.room,
                receipt.id
            )
        case .tooBig:
            self.answerRefused(
                Refusal(.tooBig, "the broker takes no message of this size"),
                id,
                receipt.room,
                receipt.id
            )
        }
    }

    private func answerRefused(
        _ refusal: Refusal,
        _ id: CommandID?,
        _ room: RoomName?,
        _ message: MessageID? = nil
    ) {
        let reason = RejectionReason(refusal.code)
        self.registry.counts[self.identity.protocolName].rejected[reason] += 1
        self.logRefused(refusal, room, message)
        if self.state.isLive {
            self.output.refuse(refusal, answering: id)
        }
    }

    // MARK: - Heartbeat

    /// The connection's timer has fired.
    package func timerFired(at now: Instant) {
        guard self.state.isLive else { return }
        if now >= self.nameDeadline {
            self.output.close(Ending(.handshakeTimeout, by: .server, "no connect in time"))
            return
        }
        self.expireWait(at: now)
        guard self.state.isLive else { return }
        if let deadline = self.output.messageDeadline, now >= deadline {
            self.output.close(
                Ending(.policy, by: .server, "a message that had begun was not whole in time (limits.messageTimeout)")
            )
            return
        }
        switch self.heartbeat?.tick(at: now, received: self.output.receivedBytes, pace: self.registry.pace) {
        case .ping(let payload, _):
            self.output.ping(payload)
            self.renewRecord(with: payload)
        case .giveUp:
            // Our unsent bytes are in the way of its pong: the client reads too slowly.
            self.output.close(
                self.output.hasUnsentBytes
                    ? Ending(.slowConsumer, by: .server, "messages were not read in time")
                    : Ending(.pingTimeout, by: .network, code: CloseReason.pingTimeout.webSocketCode, "no pong in time")
            )
            return
        case .wait, nil:
            break
        }
        self.wake()
    }

    package func pong(_ payload: UInt64, at now: Instant) {
        if let rtt = self.heartbeat?.pong(payload, at: now, pace: self.registry.pace) {
            self.registry.counts[self.identity.protocolName].pingRTT.observe(rtt)
        }
        self.wake()
    }

    /// Sets the timer to the next time that something is due.
    package func wake() {
        let never = Instant(nanoseconds: .max)
        let next = min(
            self.heartbeat?.deadline ?? never,
            self.waiting?.deadline ?? never,
            self.output.messageDeadline ?? never,
            self.nameDeadline
        )
        if next < never {
            self.output.wake(at: next)
        }
    }
}

@available(*, unavailable) extension Session: Sendable {}
