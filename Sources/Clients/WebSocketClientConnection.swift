import ByteKernels
import DequeModule
import HTTP
import Instruments
import Reactor
import WebSocket

/// A client's connection on its loop: handshake, frames, and what has arrived but has not been taken yet.
final class WebSocketClientConnection {
    typealias Received = WebSocketClient.Received

    private enum Phase {
        case connecting
        case shakingHands
        /// The answer was not a 101: its body is read to the end.
        case refused(ReceivedResponseHead, body: [UInt8])
        case open
        case closed(WebSocketClosing)
    }

    private struct Waiter {
        let number: UInt64
        let timer: TimerToken?
        let answer: (Result<Received, WebSocketClientError>) -> Void
    }

    private let loop: EventLoop
    private let options: WebSocketClient.Options
    private let host: String
    private let target: String
    private let handshake: ClientHandshake
    private let encoder = FrameEncoder(role: .client)
    private var parser = ResponseHeadParser()
    private var decoder: FrameDecoder
    private var handle: ConnectionHandle?
    private var phase = Phase.connecting
    private var opened: ((Result<String?, WebSocketClientError>) -> Void)?
    private var hasSentClose = false
    /// The server's close frame.
    private var goodbye: PeerClose?
    /// Why nothing more will arrive.
    private var end: WebSocketClientError?
    private var inbox = Deque<Received>()
    private var waiters = Deque<Waiter>()
    private var watchers: [(WebSocketClosing) -> Void] = []

    init(_ loop: EventLoop, _ options: WebSocketClient.Options, host: String, target: String) {
        self.loop = loop
        self.options = options
        self.host = host
        self.target = target
        self.handshake = ClientHandshake(subprotocols: options.subprotocols)
        self.decoder = FrameDecoder(role: .client, maximumMessageBytes: options.maximumMessageBytes)
    }

    func open(to address: SocketAddress, _ opened: @escaping (Result<String?, WebSocketClientError>) -> Void) {
        self.opened = opened
        do throws(ReactorError) {
            self.handle = try self.loop.connect(to: address, timeout: self.options.timeout, handler: self)
        } catch {
            self.settleOpening(.failure(.notConnected(.ioError(errno: 0))))
        }
    }

    private func settleOpening(_ result: Result<String?, WebSocketClientError>) {
        self.opened?(result)
        self.opened = nil
    }

    // MARK: - Sending

    func send(_ opcode: Opcode, _ payload: [UInt8], isFinal: Bool = true) {
        var frame: [UInt8] = []
        self.encoder.write(opcode, payload.span, isFinal: isFinal, into: &frame)
        if opcode == .close { self.hasSentClose = true }
        self.send(frame)
    }

    func send(_ bytes: [UInt8]) {
        guard let handle = self.handle else { return }
        _ = self.loop.send(bytes.span, to: handle)
    }

    func close(code: UInt16?, reason: String) {
        guard let handle = self.handle, !self.hasSentClose else { return }
        self.hasSentClose = true
        var frame: [UInt8] = []
        self.encoder.writeClose(code: code, reason: reason, into: &frame)
        self.send(frame)
        self.loop.setTimer(handle, at: self.loop.now + self.options.timeout)
    }

    /// The client was released, so nobody can take anything any more.
    func abandon() {
        guard let handle = self.handle else { return }
        self.loop.close(handle)
    }

    // MARK: - Receiving

    func pauseReading() {
        if let handle = self.handle { self.loop.pauseReading(handle) }
    }

    func resumeReading() {
        if let handle = self.handle { self.loop.resumeReading(handle) }
    }

    func wait(
        _ number: UInt64,
        within limit: Duration?,
        _ answer: @escaping (Result<Received, WebSocketClientError>) -> Void
    ) {
        if let received = self.inbox.popFirst() {
            answer(.success(received))
        } else if let end = self.end {
            answer(.failure(end))
        } else {
            let timer = limit.map { limit in
                self.loop.schedule(after: limit) { self.endWait(number, .timedOut) }
            }
            self.waiters.append(Waiter(number: number, timer: timer, answer: answer))
        }
    }

    func cancelWait(_ number: UInt64) {
        self.endWait(number, .cancelled)
    }

    private func endWait(_ number: UInt64, _ error: WebSocketClientError) {
        guard let index = self.waiters.firstIndex(where: { $0.number == number }) else { return }
        let waiter = self.waiters.remove(at: index)
        if let timer = waiter.timer { self.loop.cancel(timer) }
        waiter.answer(.failure(error))
    }

    private func arrive(_ received: Received) {
        guard let waiter = self.waiters.popFirst() else { return self.inbox.append(received) }
        if let timer = waiter.timer { self.loop.cancel(timer) }
        waiter.answer(.success(received))
    }

    /// Nothing arrives from now on.
    private func end(_ error: WebSocketClientError) {
        guard self.end == nil else { return }
        self.end = error
        for waiter in self.waiters { self.endWait(waiter.number, error) }
    }

    func whenClosed(_ answer: @escaping (WebSocketClosing) -> Void) {
        if case .closed(let closing) = self.phase {
            answer(closing)
        } else {
            self.watchers.append(answer)
        }
    }

    // MARK: - Handshake

    /// - Returns: How many bytes the answer's head took.
    private func readAnswer(_ bytes: Span<UInt8>, on connection: ConnectionHandle) throws(WebSocketClientError) -> Int {
        let progress: ResponseHeadParser.Progress
        do throws(HTTPError) {
            progress = try self.parser.read(bytes, answering: .get)
        } catch {
            throw .malformedAnswer(error)
        }
        guard case .head(let head, let used) = progress else { return bytes.count }
        if head.status == .switchingProtocols {
            do throws(ClientHandshake.Failure) {
                let subprotocol = try self.handshake.check(head)
                self.phase = .open
                self.loop.setTimer(connection, at: nil)
                self.settleOpening(.success(subprotocol))
            } catch {
                throw .badAnswer(error)
            }
        } else if head.status.code >= 200 {
            self.phase = .refused(head, body: [])
        }
        return used
    }

    /// - Returns: Whether the body is whole.
    private func readBody(_ bytes: Span<UInt8>, of head: ReceivedResponseHead, _ body: [UInt8]) -> Bool {
        var body = body
        body.append(copying: bytes.extracting(first: max(0, Self.maximumBodyBytes - body.count)))
        self.phase = .refused(head, body: body)
        return switch head.framing {
        case .none: true
        case .length(let count): body.count >= min(count, Self.maximumBodyBytes)
        case .chunked, .untilClose: body.count >= Self.maximumBodyBytes
        }
    }

    private static let maximumBodyBytes = 64 * 1024

    private func fail(_ error: WebSocketClientError, _ connection: ConnectionHandle) {
        self.settleOpening(.failure(error))
        self.end(error)
        self.loop.close(connection)
    }

    private func settleRefusal() {
        guard case .refused(let head, let body) = self.phase else { return }
        let text = String(decoding: body, as: UTF8.self)
        self.settleOpening(
            .failure(.refused(RefusedHandshake(status: head.status, headers: head.headers, body: text)))
        )
    }

    // MARK: - Frames

    private func take(_ event: FrameEvent, in buffer: Span<UInt8>, on connection: ConnectionHandle) {
        func copy(_ payload: FramePayload) -> [UInt8] {
            switch payload {
            case .owned(let bytes): bytes
            case .inBuffer(let range): [UInt8](copying: buffer.extracting(range))
            }
        }
        switch event {
        case .message(.text, let payload):
            self.arrive(.text(String(decoding: copy(payload), as: UTF8.self)))
        case .message(.binary, let payload):
            self.arrive(.binary(copy(payload)))
        case .ping(let payload):
            let bytes = copy(payload)
            if self.options.answersPings, !self.hasSentClose { self.send(.pong, bytes) }
            if self.options.hearsControlFrames { self.arrive(.ping(bytes)) }
        case .pong(let payload):
            if self.options.hearsControlFrames { self.arrive(.pong(copy(payload))) }
        case .close(let close):
            self.goodbye = close
            self.end(.closed(close))
            // The server must end the connection (RFC 6455 section 7.1.1) before the timer fires.
            self.close(code: close.code, reason: "")
        case .fault(let fault):
            self.end(.fault(fault))
            self.close(code: fault.closeCode, reason: fault.description)
            self.loop.finish(connection, timeout: self.options.timeout)
        }
    }
}

extension WebSocketClientConnection: SocketHandler {
    func connected(_ connection: ConnectionHandle) {
        self.phase = .shakingHands
        self.loop.setTimer(connection, at: self.loop.now + self.options.timeout)
        var request: [UInt8] = []
        self.handshake.writeRequest(
            target: self.target,
            host: self.host,
            headers: self.options.headers,
            into: &request
        )
        self.send(request)
    }

    func received(_ bytes: inout MutableSpan<UInt8>, on connection: ConnectionHandle) -> Int {
        var offset = 0
        while offset < bytes.count {
            switch self.phase {
            case .connecting, .shakingHands:
                do throws(WebSocketClientError) {
                    offset += try self.readAnswer(bytes.span.extracting(offset...), on: connection)
                } catch {
                    self.fail(error, connection)
                    return bytes.count
                }
            case .refused(let head, let body):
                if self.readBody(bytes.span.extracting(offset...), of: head, body) { self.loop.close(connection) }
                return bytes.count
            case .open:
                while let event = self.decoder.next(&bytes, from: &offset) {
                    self.take(event, in: bytes.span, on: connection)
                }
            case .closed:
                return bytes.count
            }
        }
        if case .refused(let head, _) = self.phase, head.framing == .none { self.loop.close(connection) }
        return bytes.count
    }

    func inputEnded(_ connection: ConnectionHandle) {
        self.loop.close(connection, .peerClosed)
    }

    func timerFired(_ connection: ConnectionHandle) {
        self.settleOpening(.failure(.timedOut))
        self.loop.close(connection, .timedOut)
    }

    func closed(_ connection: ConnectionHandle, _ ending: SocketEnding, _ final: ConnectionCounters) {
        self.settleRefusal()
        self.settleOpening(.failure(.notConnected(ending)))
        self.handle = nil
        self.end(.closed(self.goodbye))
        let closing = WebSocketClosing(frame: self.goodbye, socket: ending)
        self.phase = .closed(closing)
        for watcher in self.watchers { watcher(closing) }
        self.watchers = []
    }
}

@available(*, unavailable)
extension WebSocketClientConnection: Sendable {}
