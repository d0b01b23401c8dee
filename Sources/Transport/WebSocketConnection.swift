import ByteKernels
import ClientProtocols
package import Instruments
package import Messaging
package import Reactor
import Rooms
import Sessions
import WebSocket

/// What a WebSocket connection's messages are.
package enum Language: Sendable, Equatable {
    /// Each message is a payload for the first room.
    case plain(room: RoomName, echo: Bool)
    /// `atalaya.v1.json`.
    case native
    /// Each message goes back to who sent it.
    case echo

    package var protocolName: ProtocolName {
        switch self {
        case .plain, .echo: .plain
        case .native: .native
        }
    }
}

/// One client's WebSocket: the place where its bytes, its language and its session meet.
package final class WebSocketConnection {
    private let shared: WebSocketLoop
    private let handle: ConnectionHandle
    private let language: Language
    private var decoder: FrameDecoder
    /// `nil` before the handshake is done and after the goodbye.
    private var session: Session?
    /// Our close frame is on its way, or the socket has gone: nothing that follows is read.
    private var isClosing = false

    init(_ shared: WebSocketLoop, _ handle: ConnectionHandle, _ language: Language) {
        self.shared = shared
        self.handle = handle
        self.language = language
        self.decoder = FrameDecoder(role: .server, maximumMessageBytes: shared.settings.maximumMessageBytes)
    }

    /// The 101 has been written.
    ///
    /// - Parameter rooms: To join at once, in this order.
    func open(_ identity: Identity, rooms: [RoomName], resume: String?) {
        let session = self.shared.registry.open(identity, on: self.handle, output: self)
        self.session = session
        if self.language == .native {
            session.welcome(resuming: resume)
        }
        for room in rooms where session.join(room) != nil {
            self.close(Ending(.policy, by: .server, "too many rooms (limits.subscriptions)"))
            return
        }
    }

    // MARK: - Messages

    private func take(_ kind: MessageKind, _ payload: Span<UInt8>, _ session: Session) {
        switch self.language {
        case .plain(let room, let echo):
            session.publish(
                to: room,
                kind: kind == .text ? .text : .binary,
                payload: [UInt8](copying: payload),
                echo: echo,
                trace: nil,
                answering: nil,
                frameBytes: payload.count
            )
            self.shared.holdBack(self.handle)
        case .echo:
            self.shared.registry.countEcho(.plain, self.handle, bytes: payload.count)
            self.send(kind.opcode, payload)
        case .native where kind == .binary:
            self.close(
                Ending(.protocolError, by: .server, code: 1003, "atalaya.v1.json is spoken in text frames")
            )
        case .native:
            self.takeCommand(payload, session)
        }
    }

    private func takeCommand(_ text: Span<UInt8>, _ session: Session) {
        do throws(NativeFault) {
            let request = try Native.decode(text, maximumDepth: self.shared.settings.maximumJSONDepth)
            session.handle(request, frameBytes: text.count)
            if case .publish = request.command {
                self.shared.holdBack(self.handle)
            }
        } catch {
            switch error {
            case .notAnObject(let why):
                self.close(Ending(.protocolError, by: .server, code: 4400, why))
            case .command(let fault):
                session.fail(fault, frameBytes: text.count)
            }
        }
    }

    private func send(_ opcode: Opcode, _ payload: Span<UInt8>, _ placement: SendPlacement = .inOrder) {
        self.shared.frame.removeAll(keepingCapacity: true)
        self.shared.frames.write(opcode, payload, into: &self.shared.frame)
        let frame = self.shared.frame
        _ = self.shared.loop.send(frame.span, to: self.handle, placement: placement)
    }

    // MARK: - Goodbye

    /// The client has said goodbye: it is answered, and both ends are done.
    private func peerClosed(_ close: PeerClose) {
        self.finish(.byClient(code: close.code), answering: close.code, .inOrder)
    }

    private func fail(_ fault: WebSocketFault) {
        var reason = CloseReason.protocolError
        if case .messageTooBig = fault {
            reason = .tooBig
            if case .plain = self.language {
                self.session?.refuse(.tooBig, answering: nil, frameBytes: 0, "\(fault)")
            }
        }
        self.close(Ending(reason, by: .server, code: fault.closeCode, "\(fault)"))
    }

    /// Sends the last frame and ends the connection once what is queued has gone.
    private func finish(
        _ ending: Ending,
        answering code: UInt16?,
        _ placement: SendPlacement,
        _ socketEnding: SocketEnding = .local,
        room: RoomName? = nil
    ) {
        guard !self.isClosing else { return }
        self.isClosing = true
        self.shared.frame.removeAll(keepingCapacity: true)
        let reason = ending.initiator == .client ? "" : ending.explanation
        self.shared.frames.writeClose(code: code, reason: reason, into: &self.shared.frame)
        let frame = self.shared.frame
        _ = self.shared.loop.send(frame.span, to: self.handle, placement: placement)
        self.endSession(ending, room: room)
        self.shared.loop.finish(self.handle, timeout: self.shared.settings.closeTimeout, ending: socketEnding)
    }

    private func endSession(_ ending: Ending, room: RoomName? = nil, error: String? = nil) {
        guard let session = self.session else { return }
        self.session = nil
        session.end(ending, room: room, error: error)
    }

    private func room(of source: UInt32) -> RoomName? {
        self.shared.registry.shard.name(ofSource: source)
    }
}

extension WebSocketConnection: SocketHandler {
    package func received(_ bytes: inout MutableSpan<UInt8>, on connection: ConnectionHandle) -> Int {
        var offset = 0
        while !self.isClosing, let event = self.decoder.next(&bytes, from: &offset) {
            guard let session = self.session else { break }
            switch event {
            case .message(let kind, let payload):
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
        return bytes.count
    }

    package func inputEnded(_ connection: ConnectionHandle) {
        // A peer that ends the stream without a close frame has gone, whatever it still reads.
        self.endSession(Ending(.abnormal, by: .network))
        self.shared.loop.close(self.handle, .peerClosed)
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
        let said = Ending(.slowConsumer, by: .server, "messages were not read in time")
        self.finish(said, answering: said.code, .next, ending, room: room)
    }

    package func closed(_ connection: ConnectionHandle, _ ending: SocketEnding, _ final: ConnectionCounters) {
        self.isClosing = true
        switch ending {
        case .slowConsumer, .queueAged, .overBudget:
            self.endSession(Ending(.slowConsumer, by: .server))
        case .shutdown:
            self.endSession(Ending(.drain, by: .server))
        case .ioError, .reset:
            self.endSession(Ending(.abnormal, by: .network), error: "\(ending)")
        default:
            self.endSession(Ending(.abnormal, by: .network))
        }
    }
}

extension WebSocketConnection: SessionOutput {
    package func send(_ event: ServerEvent) {
        guard self.language == .native else { return }
        self.shared.text.removeAll(keepingCapacity: true)
        Native.encode(event, into: &self.shared.text)
        let text = self.shared.text
        self.send(.text, text.span)
    }

    package func ping(_ payload: UInt64) {
        let bytes = payload.pingPayload
        self.send(.ping, bytes.span, .next)
    }

    package func wake(at instant: Instant) {
        self.shared.loop.setTimer(self.handle, at: instant)
    }

    package func close(_ ending: Ending) {
        self.finish(ending, answering: ending.code, .inOrder)
    }

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
