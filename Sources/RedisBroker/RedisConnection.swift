import Instruments
import Messaging
import Reactor
import Settings

/// What a connection tells its owner about Redis.
///
/// All calls come on the loop.
protocol RedisConnectionDelegate: AnyObject {
    /// Redis has answered the greeting: commands may be sent.
    func opened(at now: Instant)
    /// A PING was sent; its answer has its place in the order.
    func pinged()
    /// One reply, in order of arrival. Replies to the greeting are not passed on.
    func replied(_ reply: RedisReply, at now: Instant)
    /// All replies from one read have been passed on.
    func repliesEnded(at now: Instant)
    /// The connection, or the attempt, is over. Another attempt follows automatically.
    func ended(_ fault: RedisFault, at now: Instant)
}

/// One of the two connections to Redis; reconnects until it is stopped.
final class RedisConnection {
    enum Role: String, Sendable {
        case publish
        case subscribe
    }

    /// The largest reply accepted: a publication of another instance may have `redis.pendingBytes`.
    private static let maximumReplyBytes = 160 << 20
    /// hiredis moves the rest of its buffer after every kilobyte it has read, so it is fed in small pieces.
    private static let pieceBytes = 16 * 1024

    let role: Role
    private let loop: EventLoop
    private let endpoint: RedisEndpoint
    private let connectTimeout: Duration
    private let clientName: String
    private let tally: RedisTally
    private let complaints: RedisComplaints
    private let log: EventLog
    weak var delegate: (any RedisConnectionDelegate)?

    private var link: RedisLink
    private var timer: TimerToken?
    private var resolution: Task<Void, Never>?

    private var handle: ConnectionHandle?
    private var address: SocketAddress?
    private var reader: RedisReplyReader
    private var greeting: RedisGreeting
    private var outgoing: [UInt8] = []
    /// Why it is being closed, if that was decided here.
    private var decided: RedisFault?
    private var openedAt: Instant?
    private var lastComplaint: RedisFault?

    /// - Parameter haste: How long after a loss attempts are made often.
    init(
        role: Role,
        loop: EventLoop,
        settings: RedisSettings,
        haste: Duration,
        endpoint: RedisEndpoint,
        instance: String,
        tally: RedisTally,
        complaints: RedisComplaints,
        log: EventLog
    ) {
        self.role = role
        self.loop = loop
        self.endpoint = endpoint
        self.connectTimeout = settings.connectTimeout
        self.clientName = "atalaya-\(instance)-\(role.rawValue)"
        self.tally = tally
        self.complaints = complaints
        self.log = log
        self.link = RedisLink(
            host: endpoint.host,
            patience: settings.connectTimeout,
            pingInterval: settings.pingInterval,
            haste: haste,
            now: loop.now
        )
        self.reader = RedisReplyReader(maximumBytes: Self.maximumReplyBytes)
        self.greeting = RedisGreeting(endpoint, clientName: self.clientName)
    }

    var isReady: Bool { self.link.isReady && self.decided == nil }

    /// Everything that Redis sent until then has arrived.
    var provenAt: Instant { self.link.provenAt }

    /// The address it is connected to, for people to read.
    var place: String { self.address?.description ?? "\(self.endpoint.host):\(self.endpoint.port)" }

    func start() {
        self.advance()
    }

    func pauseReading() {
        if let handle = self.handle { self.loop.pauseReading(handle) }
    }

    func resumeReading() {
        if let handle = self.handle { self.loop.resumeReading(handle) }
    }

    func stop() {
        self.link.stop()
        self.resolution?.cancel()
        self.rearm()
        if self.handle == nil {
            self.delegate?.ended(.stopped, at: self.loop.now)
        } else {
            self.give(up: .stopped)
        }
    }

    /// Tries again now instead of at the end of a pause.
    func hurry() {
        self.link.hurry(at: self.loop.now)
        self.rearm()
    }

    /// Closes the connection; a new one is attempted after a pause.
    ///
    /// It is reset: what was handed to the kernel and is not sent yet shall not arrive after what the next one sends.
    /// Where there is no next one, since the broker stops, it may arrive.
    func give(up fault: RedisFault) {
        guard self.decided == nil else { return }
        if let handle = self.handle {
            self.decided = fault
            self.loop.close(handle, .local, byReset: fault != .stopped)
        } else {
            self.finish(fault)
        }
    }

    /// Adds a command to what is sent at the end of the tick.
    ///
    /// Only while it is ready.
    func send(_ command: RedisCommand) {
        command.append(to: &self.outgoing)
    }

    /// Passes what was added to the socket, unless the socket has not taken the previous bytes yet.
    func flush() {
        guard let handle = self.handle, !self.outgoing.isEmpty, !self.loop.isWaiting(handle) else { return }
        let bytes = self.outgoing
        self.outgoing.removeAll(keepingCapacity: bytes.count <= 1 << 20)
        // Nothing is queued, so the socket takes any size whole.
        self.loop.send(bytes.span, to: handle)
    }

    /// The answer to a PING came.
    func ponged(at now: Instant) {
        if let rtt = self.link.ponged(at: now) {
            self.tally.counts.rtt.observe(rtt)
        }
        self.rearm()
    }

    // MARK: - Carrying out what the link decides

    private func advance() {
        self.carryOut(self.link.tick(at: self.loop.now))
    }

    private func carryOut(_ action: RedisLink.Action?) {
        switch action {
        case nil:
            break
        case .resolve(let attempt):
            self.resolve(attempt)
        case .connect(let address):
            self.connect(to: address)
        case .ping:
            self.send(RedisCommand("PING"))
            self.delegate?.pinged()
        case .giveUp(let fault):
            self.give(up: fault)
        }
        self.rearm()
    }

    /// One timer, for the link's next deadline.
    private func rearm() {
        if let timer = self.timer.take() {
            self.loop.cancel(timer)
        }
        guard self.decided == nil, let deadline = self.link.deadline else { return }
        let delay = max(deadline - self.loop.now, .zero)
        self.timer = self.loop.schedule(after: delay) { [weak self] in
            self?.timer = nil
            self?.advance()
        }
    }

    private func resolve(_ attempt: UInt64) {
        let me = LoopBound(self, on: self.loop)
        let (host, port) = (self.endpoint.host, self.endpoint.port)
        self.resolution = Task {
            do throws(ReactorError) {
                let addresses = try await SocketAddress.resolve(host: host, port: port)
                me.loop.execute { me.value.resolved(addresses, attempt) }
            } catch {
                let reason = if case .unresolvable(_, let reason) = error { reason } else { "\(error)" }
                me.loop.execute { me.value.unresolved(reason, attempt) }
            }
        }
    }

    private func resolved(_ addresses: [SocketAddress], _ attempt: UInt64) {
        self.carryOut(self.link.resolved(addresses, attempt: attempt))
    }

    private func unresolved(_ reason: String, _ attempt: UInt64) {
        self.carryOut(self.link.unresolved(reason: reason, attempt: attempt))
    }

    private func connect(to address: SocketAddress) {
        self.address = address
        do {
            self.handle = try self.loop.connect(to: address, timeout: self.connectTimeout, handler: self)
        } catch .system(_, let errno) {
            self.finish(.unreachable(address: address.description, errno: errno))
        } catch {
            self.finish(.unreachable(address: address.description, errno: 0))
        }
    }

    /// After the socket is gone, or if there was none.
    private func finish(_ fault: RedisFault) {
        let now = self.loop.now
        self.handle = nil
        self.decided = nil
        self.outgoing = []
        self.reader = RedisReplyReader(maximumBytes: Self.maximumReplyBytes)
        let action = self.link.ended(at: now, chance: Double.random(in: 0...1))
        if action == nil {
            self.report(fault, at: now)
            self.openedAt = nil
            self.delegate?.ended(fault, at: now)
        }
        self.carryOut(action)
    }

    private func report(_ fault: RedisFault, at now: Instant) {
        guard fault != .stopped else { return }
        let reason = LogValue.text("\(self.role.rawValue): \(fault)")
        if let opened = self.openedAt {
            self.log.write(
                RedisEvent.connectionLost,
                [
                    (.broker, .text("redis")),
                    (.address, .text(self.place)),
                    (.reason, reason),
                    (.durationMs, .integer((now - opened).wholeMilliseconds)),
                ]
            )
        } else {
            let wait = self.link.deadline.map { ($0 - now).wholeMilliseconds } ?? 0
            self.log.write(
                self.lastComplaint == fault ? RedisEvent.attemptFailedAgain : .attemptFailed,
                [(.broker, .text("redis")), (.reason, reason), (.waitMs, .integer(wait))]
            )
        }
        self.lastComplaint = fault
    }

    // MARK: - Replies

    private func take(_ reply: RedisReply, at now: Instant) {
        self.link.heard(at: now)
        guard !self.link.isReady else {
            self.delegate?.replied(reply, at: now)
            return
        }
        do throws(RedisFault) {
            guard try self.greeting.take(reply) else { return }
        } catch {
            self.tally.counts.errors += 1
            self.give(up: error)
            return
        }
        self.link.greeted(at: now)
        self.openedAt = now
        self.lastComplaint = nil
        self.log.write(
            RedisEvent.connected,
            [(.broker, .text("redis")), (.address, .text(self.place)), (.reason, .text(self.role.rawValue))]
        )
        for refusal in self.greeting.refusals {
            self.complaints.refused(refusal, in: nil, at: now)
        }
        self.delegate?.opened(at: now)
        self.rearm()
    }
}

extension RedisConnection: SocketHandler {
    func connected(_ connection: ConnectionHandle) {
        self.link.connected(at: self.loop.now)
        self.greeting = RedisGreeting(self.endpoint, clientName: self.clientName)
        for command in self.greeting.commands {
            self.send(command)
        }
        self.rearm()
    }

    func received(_ bytes: inout MutableSpan<UInt8>, on connection: ConnectionHandle) -> Int {
        let now = self.loop.now
        var offset = 0
        do throws(RedisStreamError) {
            while offset < bytes.count, self.decided == nil {
                let end = min(offset + Self.pieceBytes, bytes.count)
                try self.reader.feed(bytes.span.extracting(offset..<end))
                offset = end
                while self.decided == nil, let reply = try self.reader.next() {
                    self.take(reply, at: now)
                }
            }
        } catch {
            self.tally.counts.errors += 1
            self.give(up: .brokenStream)
        }
        self.delegate?.repliesEnded(at: now)
        return bytes.count
    }

    func inputEnded(_ connection: ConnectionHandle) {
        self.give(up: .lost)
    }

    func drained(_ connection: ConnectionHandle) {
        self.flush()
    }

    func closed(_ connection: ConnectionHandle, _ ending: SocketEnding, _ final: ConnectionCounters) {
        let place = self.place
        let fault: RedisFault =
            switch ending {
            case .connectFailed(let errno): .unreachable(address: place, errno: errno)
            case .timedOut where !self.link.isReady && self.openedAt == nil: .connectTimedOut(address: place)
            case .shutdown: .stopped
            default: .lost
            }
        self.finish(self.decided ?? fault)
    }
}

@available(*, unavailable) extension RedisConnection: Sendable {}
