import Instruments
import Messaging
import Reactor
import TestKit

/// Stands between a broker and Redis and does what networks and middle boxes do: lose, repeat and hold messages, stall
/// without a word, cut connections.
final class RedisProxy: Sendable {
    /// Something on its way from Redis to the broker.
    enum Passing: Sendable {
        /// A message that is pushed to a subscriber.
        case message(channel: String, payload: [UInt8])
        /// Anything else; `isAnswer`: on a connection that does not subscribe.
        case other(isAnswer: Bool)
    }

    enum Verdict: Sendable {
        case pass
        case lose
        case double
        /// Kept, with all that comes behind it on the connection, until `release`.
        case hold
    }

    struct Controls: Sendable {
        var rule: @Sendable (Passing) -> Verdict = { _ in .pass }
        /// Nothing passes in either direction, and nobody is told.
        var isSilent = false
        /// New connections are closed at once.
        var refuses = false
        /// What goes to Redis gets there so much later, also when the connection is gone by then.
        var delay = Duration.zero
    }

    private let loop: EventLoop
    let port: UInt16
    fileprivate let controls = Lock(Controls())
    /// Which of a broker's connections are meant.
    enum Kind: Sendable {
        case all
        case publishing
        case subscribing
    }

    /// How many announcements of rooms have passed.
    let announcements = Observed(0)
    private let pairs: LoopBound<ProxiedConnections>

    init(to upstream: UInt16) throws {
        var configuration = EventLoopConfiguration()
        configuration.queue = SendQueueLimits(bytes: 256 << 20, age: .seconds(600))
        let loop = try EventLoop(index: 0, name: "proxy", configuration: configuration)
        var port = try ListeningPort.claim(host: "127.0.0.1", port: 0)
        let pairs = ProxiedConnections()
        self.loop = loop
        self.port = port.address.port
        self.pairs = LoopBound(pairs, on: loop)
        try loop.listen(try port.open()) { [unowned self] socket in
            guard !self.state.refuses else { return nil }
            return pairs.begin(socket.connection, loop: loop, upstream: upstream, proxy: self)
        }
        loop.start()
    }

    var url: String { "redis://127.0.0.1:\(self.port)" }

    fileprivate var state: Controls { self.controls.withLock { $0 } }

    func control(_ change: (inout Controls) -> Void) {
        self.controls.withLock { change(&$0) }
    }

    func setRule(_ rule: @escaping @Sendable (Passing) -> Verdict) {
        self.controls.withLock { $0.rule = rule }
    }

    /// Gives up all rules and lets go what was held.
    func release() {
        self.controls.withLock { $0 = Controls() }
        let pairs = self.pairs
        self.loop.execute { pairs.value.release() }
    }

    /// Closes connections; new ones are made as ever.
    func cut(_ kind: Kind = .all) {
        let pairs = self.pairs
        self.loop.execute { pairs.value.cut(kind) }
    }

    func stop() {
        self.loop.stop()
        self.loop.join()
    }
}

private final class ProxiedConnections {
    private var all: [ObjectIdentifier: ProxiedConnection] = [:]

    func begin(
        _ client: ConnectionHandle,
        loop: EventLoop,
        upstream: UInt16,
        proxy: RedisProxy
    ) -> (any SocketHandler)? {
        let pair = ProxiedConnection(loop: loop, client: client, proxy: proxy)
        guard pair.connect(to: SocketAddress(ip: "127.0.0.1", port: upstream)!) else { return nil }
        self.all[ObjectIdentifier(pair)] = pair
        pair.onEnd = { [weak self] pair in self?.all[ObjectIdentifier(pair)] = nil }
        return pair.clientEnd
    }

    func cut(_ kind: RedisProxy.Kind) {
        for pair in self.all.values where kind == .all || pair.subscribes == (kind == .subscribing) {
            pair.close()
        }
    }

    func release() {
        for pair in self.all.values {
            pair.release()
        }
    }
}

private final class ProxiedConnection {
    private let loop: EventLoop
    private let client: ConnectionHandle
    private var server: ConnectionHandle?
    private unowned let proxy: RedisProxy
    private var fromServer = RESPStream()
    private var held: [[UInt8]] = []
    private(set) var subscribes = false
    /// Bytes that are late, under way to Redis.
    private var late = 0
    private var isClosed = false
    var onEnd: ((ProxiedConnection) -> Void)?

    private(set) lazy var clientEnd = ProxyEnd(
        received: { [weak self] bytes in self?.fromClient(bytes) },
        ended: { [weak self] in self?.close() }
    )

    init(loop: EventLoop, client: ConnectionHandle, proxy: RedisProxy) {
        self.loop = loop
        self.client = client
        self.proxy = proxy
    }

    func connect(to address: SocketAddress) -> Bool {
        let end = ProxyEnd(
            received: { [weak self] bytes in self?.fromServer(bytes) },
            ended: { [weak self] in self?.close() }
        )
        self.server = try? self.loop.connect(to: address, timeout: .seconds(5), handler: end)
        return self.server != nil
    }

    private func fromClient(_ bytes: [UInt8]) {
        guard !self.proxy.state.isSilent, let server = self.server else { return }
        if bytes.text.contains("\r\nSUBSCRIBE\r\n") {
            self.subscribes = true
        }
        let delay = self.proxy.state.delay
        guard delay > .zero || self.late > 0 else {
            _ = self.loop.send(bytes.span, to: server)
            return
        }
        self.late += 1
        _ = self.loop.schedule(after: max(delay, .milliseconds(2500))) {
            _ = self.loop.send(bytes.span, to: server)
            self.late -= 1
            self.endLate()
        }
    }

    /// What came before the client was gone is still brought to Redis.
    private func endLate() {
        if self.isClosed, self.late == 0, let server = self.server.take() {
            self.loop.finish(server, timeout: .seconds(1))
        }
    }

    private func fromServer(_ bytes: [UInt8]) {
        let controls = self.proxy.state
        guard !controls.isSilent else { return }
        self.fromServer.add(bytes)
        while let frame = self.fromServer.next() {
            self.pass(frame, controls)
        }
    }

    private func pass(_ frame: [UInt8], _ controls: RedisProxy.Controls) {
        let parts = RESPStream.parts(of: frame)
        let isMessage = parts.count == 3 && parts[0].text == "message"
        let passing: RedisProxy.Passing =
            isMessage
            ? .message(channel: parts[1].text, payload: parts[2]) : .other(isAnswer: !self.subscribes)
        let verdict = self.held.isEmpty ? controls.rule(passing) : .hold
        let payload = isMessage ? parts[2] : []
        if BusAnnouncement.isOne(payload.span), parts[1].text.contains(":room:"), verdict == .pass {
            self.proxy.announcements.change { $0 += 1 }
        }
        switch verdict {
        case .pass: _ = self.loop.send(frame.span, to: self.client)
        case .lose: break
        case .double:
            _ = self.loop.send(frame.span, to: self.client)
            _ = self.loop.send(frame.span, to: self.client)
        case .hold: self.held.append(frame)
        }
    }

    func release() {
        for frame in self.held {
            _ = self.loop.send(frame.span, to: self.client)
        }
        self.held = []
    }

    func close() {
        self.isClosed = true
        self.loop.close(self.client, .local)
        if self.late == 0, let server = self.server.take() {
            self.loop.close(server, .local)
        }
        self.onEnd?(self)
        self.onEnd = nil
    }
}

private final class ProxyEnd: SocketHandler {
    private let onBytes: ([UInt8]) -> Void
    private let onEnd: () -> Void

    init(received: @escaping ([UInt8]) -> Void, ended: @escaping () -> Void) {
        self.onBytes = received
        self.onEnd = ended
    }

    func received(_ bytes: inout MutableSpan<UInt8>, on connection: ConnectionHandle) -> Int {
        var copy: [UInt8] = []
        for index in 0..<bytes.count {
            copy.append(bytes[index])
        }
        self.onBytes(copy)
        return bytes.count
    }

    func inputEnded(_ connection: ConnectionHandle) {
        self.onEnd()
    }

    func closed(_ connection: ConnectionHandle, _ ending: SocketEnding, _ final: ConnectionCounters) {
        self.onEnd()
    }
}
