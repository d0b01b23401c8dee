package import HTTP
package import Instruments
package import Reactor

/// One request and its answer, on the loop.
///
/// Answered once: by `respond`, by `begin` and what follows, by `upgrade` or by `giveAway`. That may be later; what the
/// client sends meanwhile waits in the kernel. If the connection ends first, `onClosed` is called and everything else
/// does nothing.
package final class HTTPExchange {
    package let request: HTTPRequest
    package let connection: ConnectionHandle
    package let loop: EventLoop
    /// When the first byte of the request was read.
    package let requestBegan: Instant
    /// When its connection was accepted; for a later request of the same connection, when its first byte was read.
    package let clientCame: Instant
    /// Whether the answer, or its beginning, has been given.
    package private(set) var hasBegun = false
    /// Whether there is nothing more to do: answered in full, taken over, or the connection has ended.
    package private(set) var isOver = false
    /// Called if the connection ends before the answer is complete.
    package var onClosed: (() -> Void)?

    private let owner: HTTPConnection
    private var isChunked = false
    private var waiter: ((Bool) -> Void)?
    private var task: UInt64?

    init(_ request: HTTPRequest, _ owner: HTTPConnection) {
        self.request = request
        self.connection = owner.connection
        self.loop = owner.loop
        self.requestBegan = owner.requestBegan
        self.clientCame = owner.accepted ?? owner.requestBegan
        self.owner = owner
    }

    // MARK: Answering

    /// Gives the whole answer; a streamed body is written by its own task.
    ///
    /// - Parameter sent: Called once: with `true` when the kernel has the answer's last byte, with `false` if the
    ///   connection ended before, or the request was already answered.
    package func respond(_ response: HTTPResponse, sent: ((Bool) -> Void)? = nil) {
        guard !self.isOver, !self.hasBegun else {
            sent?(false)
            return
        }
        if let sent {
            self.owner.tell(sent)
        }
        switch response.body {
        case .none:
            self.hasBegun = true
            self.owner.answer(self, response.status, response.headers, [])
        case .bytes(let bytes):
            self.hasBegun = true
            self.owner.answer(self, response.status, response.headers, bytes)
        case .stream(let stream):
            if self.request.head.method == .head {
                self.begin(response.status, response.headers)
                return self.end()
            }
            guard self.mayRun() else { return }
            self.begin(response.status, response.headers)
            self.run { exchange in
                do {
                    try await stream(HTTPBodyWriter(exchange: exchange))
                    exchange.loop.execute { exchange.value.end() }
                } catch {
                    exchange.loop.execute { exchange.value.abort() }
                }
            }
        }
    }

    /// Answers with a problem.
    package func refuse(_ problem: HTTPProblem) {
        self.respond(problem.response)
    }

    /// Sends the head of an answer whose body follows in pieces.
    ///
    /// The body is chunked; for an HTTP/1.0 client it ends with the connection.
    package func begin(_ status: HTTPStatus, _ headers: HTTPHeaders = [:]) {
        guard !self.isOver, !self.hasBegun else { return }
        self.hasBegun = true
        self.isChunked = self.request.head.version == .http11 && !status.isBodiless
        self.owner.beginStream(status, headers, isChunked: self.isChunked)
    }

    /// Sends a piece of the body.
    ///
    /// - Parameter taken: Called once: with `true` when the next piece may be sent, with `false` if the connection has
    ///   ended. If the caller does not wait for it, pieces pile up.
    package func write(_ bytes: Span<UInt8>, taken: ((Bool) -> Void)? = nil) {
        guard !self.isOver, self.hasBegun else {
            taken?(false)
            return
        }
        if self.request.head.method != .head {
            var piece: [UInt8] = []
            if self.isChunked {
                ChunkedEncoder.append(bytes, to: &piece)
            } else {
                ChunkedEncoder.appendBare(bytes, to: &piece)
            }
            self.owner.write(piece)
        }
        if self.owner.isBacklogged, !self.isOver {
            self.join(taken)
        } else {
            taken?(!self.isOver)
        }
    }

    /// Ends the body started with `begin`.
    package func end() {
        guard !self.isOver, self.hasBegun else { return }
        if self.isChunked, self.request.head.method != .head {
            var end: [UInt8] = []
            ChunkedEncoder.appendEnd(to: &end)
            self.owner.write(end)
        }
        guard !self.isOver else { return }
        self.finish()
        self.owner.answerEnded(mustClose: !self.isChunked)
    }

    /// Cuts the connection, so that the client sees that the answer is incomplete.
    package func abort() {
        guard !self.isOver else { return }
        self.loop.close(self.connection)
    }

    // MARK: Taking over

    /// Gives the socket to another handler after sending `bytes`, such as a 101; unread input goes with it.
    ///
    /// The connection's deadline is removed. HTTP is done with the connection, including `closed`.
    package func upgrade(sending bytes: Span<UInt8>, to handler: any SocketHandler) {
        guard !self.isOver, !self.hasBegun else { return }
        self.hasBegun = true
        self.finish()
        self.owner.upgrade(sending: bytes, to: handler)
    }

    /// Takes the socket out of HTTP and off this loop after sending `bytes`, such as a 101: for another loop, or for a
    /// client that already exists (`EventLoop.attach`).
    ///
    /// What the client sent after the request moves with the socket. So do, in order, what the kernel has not taken of
    /// earlier answers and of `bytes`, and the connection's counters. HTTP is done with the connection: its handle is
    /// stale, its deadline is gone, and `onClosed` is not called. A socket that nobody attaches is closed.
    ///
    /// - Returns: `nil` if the request was already answered, or the connection has ended or is ending.
    package func giveAway(sending bytes: Span<UInt8>) -> DetachedSocket? {
        guard !self.isOver, !self.hasBegun else { return nil }
        self.hasBegun = true
        self.finish()
        return self.owner.giveAway(sending: bytes)
    }

    // MARK: Inside

    /// Starts a task that answers; 503 if too many are running.
    func answer(by handler: @escaping @Sendable (HTTPRequest) async throws -> HTTPResponse) {
        guard self.mayRun() else { return }
        let request = self.request
        self.run { exchange in
            do {
                let response = try await handler(request)
                exchange.loop.execute { exchange.value.respond(response) }
            } catch {
                exchange.loop.execute { exchange.value.failed(error) }
            }
        }
    }

    private func mayRun() -> Bool {
        guard self.owner.server.tasks.isFull else { return true }
        self.owner.server.rejected(.overloaded, self.request.peer)
        self.refuse(HTTPProblem(.serviceUnavailable, "too many requests at once", headers: ["Retry-After": "1"]))
        return false
    }

    private func run(_ work: @escaping @Sendable (LoopBound<HTTPExchange>) async -> Void) {
        self.task = self.owner.server.tasks.start(self, work)
    }

    private func failed(_ error: any Error) {
        if let problem = error as? HTTPProblem {
            return self.refuse(problem)
        }
        guard !self.isOver else { return }
        self.owner.server.rejected(.handlerFailed, self.request.peer, error)
        self.refuse(HTTPProblem(.internalServerError))
    }

    /// The send queue is empty again.
    func drained() {
        self.waiter.take()?(true)
    }

    func connectionClosed() {
        guard !self.isOver else { return }
        let closed = self.onClosed
        self.finish()
        if let task = self.task {
            self.owner.server.tasks.cancel(task)
        }
        closed?()
    }

    /// No more will be sent.
    func finish() {
        self.isOver = true
        self.onClosed = nil
        self.waiter.take()?(false)
    }

    private func join(_ taken: ((Bool) -> Void)?) {
        guard let taken else { return }
        guard let before = self.waiter else {
            self.waiter = taken
            return
        }
        self.waiter = { isOpen in
            before(isOpen)
            taken(isOpen)
        }
    }
}

@available(*, unavailable)
extension HTTPExchange: Sendable {}
