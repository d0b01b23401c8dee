import ByteKernels
import ClientProtocols
package import Instruments
package import Messaging
package import Reactor
import Rooms
import Sessions
import WebSocket

/// A message of which the end is still to come.
private final class UnfinishedMessage {
    var deadline: Instant

    init(deadline: Instant) {
        self.deadline = deadline
    }
}

/// One client's WebSocket: the place where its bytes, its language and its session meet.
package final class WebSocketConnection {
    private let shared: WebSocketHost
    private let handle: ConnectionHandle
    /// `nil` if each message goes back to its sender.
    private let client: (any ClientProtocol)?
    private var decoder: FrameDecoder
    /// `nil` before the handshake is done and after the socket has gone.
    private var session: Session?
    /// The message that has begun and is not whole; an object, since an idle client has none.
    private var unfinished: UnfinishedMessage?
    /// Our close frame is on its way, or the socket has gone: nothing that follows is read.
    private var isClosing = false

    init(_ shared: WebSocketHost, _ handle: ConnectionHandle, _ client: (any ClientProtocol)?) {
        self.shared = shared
        self.handle = handle
        self.client = client
        self.decoder = FrameDecoder(role: .server, maximumMessageBytes: shared.settings.maximumMessageBytes)
    }

    /// The 101 has been written.
    func open(_ identity: Identity) {
        let encoding = self.client?.encoding ?? MessageEncoding(Echo.countsAs)
        let session = self.shared.registry.open(identity, on: self.handle, encoding: encoding, output: self)
        self.session = session
        guard let client = self.client else { return }
        session.greet(resuming: client.resume)
        for room in client.rooms where !self.isClosing {
            if let refusal = session.join(room) {
                self.refuse(refusal, answering: nil)
            }
        }
    }

    // MARK: - Messages

    private func take(_ kind: MessageKind, _ payload: Span<UInt8>, _ session: Session) {
        if let client = self.client {
            self.take(client.read(payload, isText: kind == .text), frameBytes: payload.count, session)
        } else {
            self.shared.registry.countEcho(Echo.countsAs, self.handle, bytes: payload.count)
            self.send(kind.opcode, payload)
        }
    }

    private func take(_ input: ClientInput, frameBytes: Int, _ session: Session) {
        switch input {
        case .request(let request):
            session.handle(request, frameBytes: frameBytes)
            if case .publish = request.command {
                self.shared.holdBack(session)
            }
        case .fault(let fault):
            session.fail(fault, frameBytes: frameBytes)
        case .ending(let ending):
            self.close(ending)
        }
    }

    private func send(_ opcode: Opcode, _ payload: Span<UInt8>, _ placement: SendPlacement = .inOrder) {
        self.shared.frame.removeAll(keepingCapacity: true)
        self.shared.frames.write(opcode, payload, into: &self.shared.frame)
        let frame = self.shared.frame
        _ = self.shared.loop.send(frame.span, to: self.handle, placement: placement)
    }

    // MARK: - Unfinished messages

    /// A message has begun, or goes on: it has a time to be whole in, and what is held of it counts.
    private func noteUnfinished() {
        guard self.decoder.isInsideMessage, !self.isClosing else { return self.endUnfinished() }
        if self.unfinished == nil {
            self.unfinished = UnfinishedMessage(deadline: self.shared.loop.now + self.shared.settings.messageTimeout)
            self.session?.wake()
        }
        self.shared.loop.setKept(self.decoder.heldBytes, of: self.handle)
    }

    private func endUnfinished() {
        self.unfinished = nil
        self.shared.loop.setKept(0, of: self.handle)
    }

    // MARK: - Goodbye

    /// The client has sent a close frame: it is answered, and both ends are done.
    private func peerClosed(_ close: PeerClose) {
        self.finish(.byClient(code: close.code), answering: close.code, .inOrder)
    }

    private func fail(_ fault: WebSocketFault) {
        if case .messageTooBig = fault, let session = self.session, let client = self.client {
            self.take(client.readOversized("\(fault)"), frameBytes: 0, session)
        }
        // Its bytes cannot be followed any more, whatever the language decided.
        let reason: CloseReason = if case .messageTooBig = fault { .tooBig } else { .protocolError }
        self.close(Ending(reason, by: .server, code: fault.closeCode, "\(fault)"))
    }

    /// Says goodbye, sends the last frame, and ends the connection once the queue has been sent.
    private func finish(
        _ ending: Ending,
        answering code: UInt16?,
        _ placement: SendPlacement,
        _ socketEnding: SocketEnding = .local,
        room: RoomName? = nil
    ) {
        guard !self.isClosing else { return }
        self.isClosing = true
        // First, so that no room message follows the close frame.
        self.session?.sayGoodbye(ending, room: room)
        self.shared.text.removeAll(keepingCapacity: true)
        if ending.initiator != .client, self.client?.writeGoodbye(ending, into: &self.shared.text) == true {
            let text = self.shared.text
            self.send(.text, text.span, placement)
        }
        self.shared.frame.removeAll(keepingCapacity: true)
        let reason = ending.initiator == .client ? "" : ending.explanation
        self.shared.frames.writeClose(code: code, reason: reason, into: &self.shared.frame)
        let frame = self.shared.frame
        _ = self.shared.loop.send(frame.span, to: self.handle, placement: placement)
        self.shared.loop.finish(self.handle, timeout: self.shared.settings.closeTimeout, ending: socketEnding)
    }

    private func room(of source: UInt32) -> RoomName? {
        self.shared.registry.shard.name(ofSource: source)
    }
}

extension WebSocketConnection: SocketHandler {
    package func received(_ bytes: inout MutableSpan<UInt8>, on connection: ConnectionHandle) -> Int {
        var offset = 0
        while !self.isClosing, let session = self.session {
            // What follows a waiting command is left for later, in order.
            guard !session.isHeld else { return offset }
            guard let event = self.decoder.next(&bytes, from: &offset) else { break }
            switch event {
            case .message(let kind, let payload):
                if self.unfinished != nil {
                    self.endUnfinished()
                }
                payload.withBytes(in: bytes.span) { self.take(kind, $0, session) }
            case .ping(let payload):
                payload.withBytes(in: bytes.span) { self.send(.pong, $0, .next) }
            case .pong(let payload):
                let number = payload.withBytes(in: bytes.span) { UInt64(pingPayload: $0) }
                if let number {
                    session.pong(number, at: self.shared.loop.now)
                }
            case .close(let close):
                self.peerClosed(close)
            case .fault(let fault):
                self.fail(fault)
            }
        }
        if self.decoder.isInsideMessage || self.unfinished != nil {
            self.noteUnfinished()
        }
        return bytes.count
    }

    package func inputEnded(_ connection: ConnectionHandle) {
        // A peer that ends the stream without a close frame is gone, whatever it still reads.
        self.isClosing = true
        let ending = SocketEnding.peerClosed
        self.session?.sayGoodbye(Ending(.abnormal, by: .network, ending.sentence))
        self.shared.loop.close(self.handle, ending)
    }

    package func timerFired(_ connection: ConnectionHandle) {
        self.session?.timerFired(at: self.shared.loop.now)
    }

    package func overflowed(_ connection: ConnectionHandle, _ ending: SocketEnding) {
        let room: RoomName? =
            switch ending {
            case .slowConsumer(let source), .queueAged(let source): self.room(of: source)
            default: nil
            }
        let said = Ending(.slowConsumer, by: .server, ending.sentence)
        self.finish(said, answering: said.code, .next, ending, room: room)
    }

    package func dropsChanged(_ connection: ConnectionHandle, _ change: DropChange) {
        guard let session = self.session else { return }
        if case .began(let source) = change {
            session.dropsChanged(change, room: self.room(of: source))
        } else {
            session.dropsChanged(change, room: nil)
        }
    }

    package func closed(_ connection: ConnectionHandle, _ ending: SocketEnding, _ final: ConnectionCounters) {
        self.isClosing = true
        guard let session = self.session.take() else { return }
        switch ending {
        case .slowConsumer, .queueAged, .overBudget:
            session.sayGoodbye(Ending(.slowConsumer, by: .server, ending.sentence))
        case .shutdown:
            session.sayGoodbye(Ending(.drain, by: .server, ending.sentence))
        default:
            session.sayGoodbye(Ending(.abnormal, by: .network, ending.sentence))
        }
        session.closed(final)
    }
}

extension WebSocketConnection: SessionOutput {
    package func send(_ event: ServerEvent) {
        self.shared.text.removeAll(keepingCapacity: true)
        guard self.client?.write(event, into: &self.shared.text) == true else { return }
        let text = self.shared.text
        self.send(.text, text.span)
    }

    package func refuse(_ refusal: Refusal, answering id: CommandID?) {
        switch self.client?.answer(refusal, to: id) {
        case .event(let event): self.send(event)
        case .ending(let ending): self.close(ending)
        case nil: break
        }
    }

    package func ping(_ payload: UInt64) {
        let bytes = payload.pingPayload
        self.send(.ping, bytes.span, .next)
    }

    package func wake(at instant: Instant) {
        self.shared.loop.setTimer(self.handle, at: instant)
    }

    package func pauseReading() {
        self.shared.loop.pauseReading(self.handle)
    }

    package func resumeReading() {
        // While it was not read it could not go on.
        self.unfinished?.deadline = self.shared.loop.now + self.shared.settings.messageTimeout
        self.shared.loop.resumeReading(self.handle)
    }

    package func close(_ ending: Ending) {
        self.finish(ending, answering: ending.code, .inOrder)
    }

    package var receivedBytes: UInt64 {
        self.shared.loop.counters(of: self.handle)?.bytesReceived ?? 0
    }

    package var messageDeadline: Instant? { self.unfinished?.deadline }

    package var hasUnsentBytes: Bool {
        (self.shared.loop.counters(of: self.handle)?.queuedBytes ?? 0) > 0
    }
}

extension UInt64 {
    /// Our pings carry eight bytes, the most significant first.
    fileprivate var pingPayload: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: self >> UInt64(56 - 8 * $0)) }
    }

    fileprivate init?(pingPayload bytes: Span<UInt8>) {
        guard bytes.count == 8 else { return nil }
        var number: UInt64 = 0
        for index in bytes.indices {
            number = number << 8 | UInt64(bytes[index])
        }
        self = number
    }
}

@available(*, unavailable) extension WebSocketConnection: Sendable {}
