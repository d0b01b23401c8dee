import HTTP
import Instruments
import Reactor

/// One connection of a server: reads requests, gets them answered one after the other, and ends as HTTP requires.
///
/// A request is only read once the kernel has taken the previous answer, so answers come in order, and a client that
/// does not read them is not read either. Lives on its loop.
final class HTTPConnection: SocketHandler {
    private enum Phase {
        /// Between requests, or in one.
        case reading
        case answering(HTTPExchange)
        /// The answer has been given; some of it still waits here or in the send queue.
        case sending(mustClose: Bool)
        /// Taken over, ending or closed: there is nothing more to do.
        case over
    }

    private enum Deadline {
        case head
        case body
        case idle
    }

    let server: HTTPServer
    let loop: EventLoop
    let connection: ConnectionHandle
    private let peer: SocketAddress
    private var reader: RequestReader
    private var phase = Phase.reading
    private var pending: (head: RequestHead, route: HTTPRoute, parameters: HTTPParameters)?
    private var deadline: Deadline?
    private var outgoing = OutgoingBytes()
    /// Called once with whether the kernel has taken all of the answer being sent.
    private var whenSent: ((Bool) -> Void)?
    /// Whether `received` is running; it continues with the rest of the bytes itself.
    private var isReceiving = false
    /// How many of the bytes lent to `received` belong to requests that have been dispatched.
    private var dispatchedBytes = 0
    /// Whether the loop holds bytes that must wait until the current answer is done.
    private var hasUnread = false
    private var inputHasEnded = false
    /// When the first byte of the current request was read.
    private(set) var requestBegan: Instant
    /// Until the first request has been answered.
    private(set) var accepted: Instant?

    init(server: HTTPServer, connection: ConnectionHandle, peer: SocketAddress) {
        self.server = server
        self.loop = server.loop
        self.connection = connection
        self.peer = peer
        self.reader = RequestReader(limits: server.limits.http)
        self.requestBegan = server.loop.now
        self.accepted = self.requestBegan
    }

    func opened() {
        self.arm(.head)
    }

    /// Whether part of the answer is waiting for the client.
    var isBacklogged: Bool { self.outgoing.isBacklogged }

    // MARK: Reading

    func received(_ bytes: inout MutableSpan<UInt8>, on connection: ConnectionHandle) -> Int {
        guard case .reading = self.phase else {
            self.hasUnread = true
            self.loop.pauseReading(connection)
            return 0
        }
        self.isReceiving = true
        defer { self.isReceiving = false }
        if self.reader.isIdle { self.requestBegan = self.loop.now }
        var offset = 0
        do throws(HTTPError) {
            while case .reading = self.phase, let event = try self.reader.next(bytes.span, from: &offset) {
                switch event {
                case .head(let head):
                    self.take(head, hasMore: offset < bytes.count)
                case .end(let body):
                    self.dispatchedBytes = offset
                    self.dispatch(body)
                }
            }
        } catch {
            self.reject(error)
        }
        self.hasUnread = offset < bytes.count
        self.rest()
        return offset
    }

    func inputEnded(_ connection: ConnectionHandle) {
        self.inputHasEnded = true
        // What the loop keeps for us is offered again, and may contain requests.
        if case .reading = self.phase, !self.hasUnread {
            self.end(.peerClosed)
        }
    }

    private func take(_ head: RequestHead, hasMore: Bool) {
        self.server.countRequest()
        switch self.server.router.match(head) {
        case .notFound:
            self.refuse(head, .notFound, HTTPProblem(.notFound, "there is nothing at this path"))
        case .methodNotAllowed(let allowed):
            let allow = allowed.map(\.name).joined(separator: ", ")
            self.refuse(
                head,
                .methodNotAllowed,
                HTTPProblem(.methodNotAllowed, "this path supports \(allow)", headers: ["Allow": allow])
            )
        case .route(let route, let parameters):
            if let response = self.server.admission?(head, route.pattern, self.peer) {
                self.server.rejected(.refused, self.peer)
                return self.exchange(head, mustClose: head.framing != .none).respond(response)
            }
            if case .length(let length) = head.framing, length > route.maximumBodyBytes {
                return self.reject(.contentTooLarge(limit: route.maximumBodyBytes), head)
            }
            self.reader.maximumBodyBytes = route.maximumBodyBytes
            self.pending = (head, route, parameters)
            if head.expectsContinue, head.framing != .none, !hasMore {
                var bytes: [UInt8] = []
                ResponseHead(status: .continue).write(into: &bytes)
                self.loop.send(bytes.span, to: self.connection)
            }
        }
    }

    private func dispatch(_ body: [UInt8]) {
        guard let (head, route, parameters) = self.pending.take() else { return }
        self.server.countHandled()
        let exchange = self.exchange(head, parameters, body)
        switch route.handler {
        case .answer(let answer): exchange.respond(answer(exchange.request))
        case .onLoop(let handler): handler(exchange)
        case .task(let handler): exchange.answer(by: handler)
        }
    }

    private func exchange(
        _ head: RequestHead,
        _ parameters: HTTPParameters = [:],
        _ body: [UInt8] = [],
        mustClose: Bool = false
    ) -> HTTPExchange {
        let request = HTTPRequest(head: head, parameters: parameters, body: body, peer: self.peer)
        let exchange = HTTPExchange(request, self)
        self.outgoing.mustClose = mustClose || !head.keepAlive || self.server.isDraining
        self.phase = .answering(exchange)
        return exchange
    }

    // MARK: Refusing

    private func refuse(_ head: RequestHead, _ rejection: HTTPRejection, _ problem: HTTPProblem) {
        let misdirection = HTTPMisdirection(method: head.method, path: head.target.path, status: problem.status)
        self.server.rejected(rejection, self.peer, misdirection)
        // A body that nobody reads cannot be skipped safely, so the connection ends after the answer.
        self.exchange(head, mustClose: head.framing != .none).refuse(problem)
    }

    /// Answers bytes that are not a valid request: nothing that follows on the connection can be trusted.
    private func reject(_ error: HTTPError, _ head: RequestHead? = nil) {
        let rejection: HTTPRejection
        switch error.status {
        case .contentTooLarge, .uriTooLong, .headerFieldsTooLarge: rejection = .tooLarge
        case .expectationFailed, .notImplemented, .versionNotSupported: rejection = .unsupported
        default: rejection = .malformed
        }
        self.server.rejected(rejection, self.peer, error)
        self.answerAndEnd(HTTPProblem(error), isHead: (head ?? self.pending?.head)?.method == .head)
    }

    private func answerAndEnd(_ problem: HTTPProblem, isHead: Bool = false) {
        self.pending = nil
        self.outgoing.mustClose = true
        let response = problem.response
        guard case .bytes(let body) = response.body else { return }
        var bytes = self.head(response.status, response.headers, length: body.count, isChunked: false)
        bytes += isHead ? [] : body
        self.loop.send(bytes.span, to: self.connection)
        self.end(.local)
    }

    // MARK: Answering

    /// Calls `sent` once about the next answer: with `true` when the kernel has all of it, with `false` if the
    /// connection ends before.
    func tell(_ sent: @escaping (Bool) -> Void) {
        self.whenSent = sent
    }

    func answer(_ exchange: HTTPExchange, _ status: HTTPStatus, _ headers: HTTPHeaders, _ body: [UInt8]) {
        var bytes = self.head(status, headers, length: body.count, isChunked: false)
        exchange.finish()
        if status.isBodiless || exchange.request.head.method == .head {
            self.outgoing.send(bytes, over: self.loop, to: self.connection)
        } else if body.count <= OutgoingBytes.slice {
            bytes += body
            self.outgoing.send(bytes, over: self.loop, to: self.connection)
        } else {
            self.outgoing.send(bytes, over: self.loop, to: self.connection)
            self.outgoing.send(body, over: self.loop, to: self.connection)
        }
        self.answerEnded(mustClose: false)
    }

    func beginStream(_ status: HTTPStatus, _ headers: HTTPHeaders, isChunked: Bool) {
        let bytes = self.head(status, headers, length: nil, isChunked: isChunked)
        self.outgoing.send(bytes, over: self.loop, to: self.connection)
    }

    func write(_ bytes: [UInt8]) {
        self.outgoing.send(bytes, over: self.loop, to: self.connection)
    }

    /// The answer has been given in full, though it may not be sent yet.
    func answerEnded(mustClose: Bool) {
        self.reader.startNext()
        self.accepted = nil
        // Of the next one, if it has already been read.
        self.requestBegan = self.loop.now
        self.deadline = nil
        self.phase = .sending(mustClose: mustClose || self.outgoing.mustClose)
        self.proceed()
    }

    func upgrade(sending bytes: Span<UInt8>, to handler: any SocketHandler) {
        self.phase = .over
        self.server.forget(self.connection)
        guard !self.inputHasEnded else { return self.loop.close(self.connection, .peerClosed) }
        self.loop.send(bytes, to: self.connection)
        self.loop.setTimer(self.connection, at: nil)
        self.loop.setHandler(handler, of: self.connection)
        if self.hasUnread, !self.isReceiving {
            self.loop.resumeReading(self.connection)
        }
    }

    func giveAway(sending bytes: Span<UInt8>) -> DetachedSocket? {
        self.phase = .over
        self.server.forget(self.connection)
        self.loop.send(bytes, to: self.connection)
        return self.loop.detach(self.connection, used: self.isReceiving ? self.dispatchedBytes : 0)
    }

    func drained(_ connection: ConnectionHandle) {
        self.outgoing.drained(over: self.loop, to: connection)
        guard !self.outgoing.isBacklogged else { return }
        if case .answering(let exchange) = self.phase {
            exchange.drained()
        } else {
            self.proceed()
        }
    }

    /// Continues with the next request, or ends, once all of an answer has been taken.
    private func proceed() {
        guard case .sending(let mustClose) = self.phase, !self.outgoing.isBacklogged else { return }
        if self.whenSent != nil {
            // `drained` or `closed` will continue.
            guard self.loop.flushReplies(of: self.connection) else { return }
            self.whenSent.take()?(true)
        }
        if mustClose {
            return self.end(.local)
        }
        self.phase = .reading
        guard !self.isReceiving else { return }
        if self.hasUnread {
            self.loop.resumeReading(self.connection)
        }
        self.rest()
    }

    /// Sets the deadline for what is awaited now, once everything read has been handled.
    private func rest() {
        guard case .reading = self.phase else {
            guard case .over = self.phase else { return self.disarm() }
            return
        }
        if self.inputHasEnded, !self.hasUnread {
            return self.end(.peerClosed)
        }
        if self.reader.isInBody {
            self.arm(.body)
        } else if !self.reader.isIdle {
            self.arm(.head)
        } else if self.deadline == nil {
            self.arm(.idle)
        }
    }

    // MARK: Ending

    func timerFired(_ connection: ConnectionHandle) {
        switch self.deadline {
        case .idle:
            self.end(.timedOut)
        case .head where self.reader.isIdle:
            self.server.rejected(.silent, self.peer)
            self.end(.timedOut)
        case .head:
            self.server.rejected(.headTimeout, self.peer)
            self.answerAndEnd(HTTPProblem(.requestTimeout, "the head of the request did not come in time"))
        case .body:
            self.server.rejected(.bodyTimeout, self.peer)
            self.answerAndEnd(HTTPProblem(.requestTimeout, "the body of the request did not come in time"))
        case nil:
            break
        }
    }

    func closed(_ connection: ConnectionHandle, _ ending: SocketEnding, _ final: ConnectionCounters) {
        let phase = self.phase
        self.phase = .over
        self.server.forget(connection)
        self.whenSent.take()?(false)
        if case .answering(let exchange) = phase {
            exchange.connectionClosed()
        }
    }

    /// For a drain: a connection in the middle of a request ends after its answer.
    func endIfIdle() {
        self.outgoing.mustClose = true
        if case .reading = self.phase, self.reader.isIdle {
            self.end(.local)
        }
    }

    /// Flushes the answer, ends our side, and waits a little so that the client can read the answer: a socket closed
    /// with unread input is reset, and the reset overtakes the answer (RFC 9112 section 9.6).
    private func end(_ ending: SocketEnding) {
        self.phase = .over
        self.loop.finish(self.connection, timeout: self.server.limits.lingerTimeout, ending: ending)
    }

    private func arm(_ deadline: Deadline) {
        guard self.deadline != deadline else { return }
        self.deadline = deadline
        let limits = self.server.limits
        let timeout =
            switch deadline {
            case .head: limits.headTimeout
            case .body: limits.bodyTimeout
            case .idle: limits.idleTimeout
            }
        self.loop.setTimer(self.connection, at: self.loop.now + timeout)
    }

    private func disarm() {
        guard self.deadline != nil else { return }
        self.deadline = nil
        self.loop.setTimer(self.connection, at: nil)
    }

    // MARK: Heads

    private func head(_ status: HTTPStatus, _ headers: HTTPHeaders, length: Int?, isChunked: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        ResponseHead.writeStatusLine(status, into: &bytes)
        headers.write(into: &bytes)
        bytes.append(contentsOf: "Date: ".utf8)
        bytes.append(contentsOf: self.server.dateText.utf8)
        if let length, !status.isBodiless {
            bytes.append(contentsOf: "\r\nContent-Length: \(length)".utf8)
        }
        if isChunked {
            bytes.append(contentsOf: "\r\nTransfer-Encoding: chunked".utf8)
        } else if length == nil {
            self.outgoing.mustClose = true
        }
        if self.outgoing.mustClose || self.server.isDraining {
            self.outgoing.mustClose = true
            bytes.append(contentsOf: "\r\nConnection: close".utf8)
        }
        bytes.append(contentsOf: "\r\n\r\n".utf8)
        return bytes
    }
}

@available(*, unavailable)
extension HTTPConnection: Sendable {}
