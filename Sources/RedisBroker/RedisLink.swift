import Instruments
import Reactor

/// Decides when to attempt, greet, ping and give up a connection to Redis.
///
/// It has no socket and no clock: it is told what happened and when, and returns what to do.
struct RedisLink: Sendable {
    enum Action: Equatable, Sendable {
        /// Resolve the host; the answer must carry the same number.
        case resolve(attempt: UInt64)
        case connect(SocketAddress)
        case ping
        /// Close the socket, if there is one, and call `ended`.
        case giveUp(RedisFault)
    }

    private enum State {
        case resting(until: Instant)
        case resolving(until: Instant)
        /// The other addresses of the host are tried at once; the host is resolved again only after a pause.
        case connecting(SocketAddress, others: [SocketAddress])
        case greeting(until: Instant, others: [SocketAddress])
        case ready(since: Instant, nextPing: Instant)
        case awaitingPong(since: Instant, sentAt: Instant)
        case stopped
    }

    private let host: String
    private let patience: Duration
    private let pingInterval: Duration
    private let haste: Duration
    private var state: State
    private var backoff = Backoff()
    private var attempt: UInt64 = 0
    /// Until when attempts follow each other quickly, because somebody is waiting.
    private var hastyUntil: Instant
    private var heardAt: Instant
    /// Everything that Redis sent until then has arrived, since a PING sent then has been answered.
    private(set) var provenAt: Instant

    /// The longest pause between hasty attempts.
    static let shortRest = Duration.milliseconds(250)

    /// - Parameters:
    ///   - patience: The time limit for resolving, and for the greeting. The reactor limits connecting itself.
    ///   - haste: How long after a loss, and at the start, pauses are short.
    init(host: String, patience: Duration, pingInterval: Duration, haste: Duration, now: Instant) {
        self.host = host
        self.patience = patience
        self.pingInterval = pingInterval
        self.haste = haste
        self.hastyUntil = now + haste
        self.state = .resting(until: now)
        self.heardAt = now
        self.provenAt = now
    }

    var isReady: Bool {
        switch self.state {
        case .ready, .awaitingPong: true
        default: false
        }
    }

    /// When `tick` has something to do, unless something happens before; `nil`: never.
    var deadline: Instant? {
        switch self.state {
        case .resting(let until), .resolving(let until), .greeting(let until, _), .ready(_, let until): until
        case .awaitingPong(_, let sentAt): max(sentAt, self.heardAt) + self.pingInterval
        case .connecting, .stopped: nil
        }
    }

    /// Time has passed.
    mutating func tick(at now: Instant) -> Action? {
        guard let deadline = self.deadline, now >= deadline else { return nil }
        switch self.state {
        case .resting:
            self.attempt += 1
            self.state = .resolving(until: now + self.patience)
            return .resolve(attempt: self.attempt)
        case .resolving:
            return .giveUp(.resolveTimedOut(host: self.host))
        case .greeting:
            return .giveUp(.greetingTimedOut)
        case .ready(let since, _):
            self.state = .awaitingPong(since: since, sentAt: now)
            return .ping
        case .awaitingPong:
            return .giveUp(.pingTimedOut)
        case .connecting, .stopped:
            return nil
        }
    }

    /// The addresses of the host.
    ///
    /// An answer to an attempt that was given up is ignored: `nil`.
    mutating func resolved(_ addresses: [SocketAddress], attempt: UInt64) -> Action? {
        guard case .resolving = self.state, attempt == self.attempt else { return nil }
        guard let first = addresses.first else {
            return .giveUp(.unresolvable(host: self.host, reason: "no addresses"))
        }
        self.state = .connecting(first, others: Array(addresses.dropFirst()))
        return .connect(first)
    }

    mutating func unresolved(reason: String, attempt: UInt64) -> Action? {
        guard case .resolving = self.state, attempt == self.attempt else { return nil }
        return .giveUp(.unresolvable(host: self.host, reason: reason))
    }

    /// The socket is connected; the greeting is on its way.
    mutating func connected(at now: Instant) {
        guard case .connecting(_, let others) = self.state else { return }
        self.state = .greeting(until: now + self.patience, others: others)
    }

    /// Redis has answered the greeting.
    mutating func greeted(at now: Instant) {
        guard case .greeting = self.state else { return }
        self.state = .ready(since: now, nextPing: now + self.pingInterval)
        self.provenAt = now
    }

    /// A complete reply came: whoever sends is alive, even if the answer to a PING waits behind others.
    mutating func heard(at now: Instant) {
        self.heardAt = now
    }

    /// - Returns: How long the PING took; `nil` if none was outstanding.
    mutating func ponged(at now: Instant) -> Duration? {
        guard case .awaitingPong(let since, let sentAt) = self.state else { return nil }
        if now - since >= self.pingInterval {
            self.backoff.reset()
        }
        self.state = .ready(since: since, nextPing: max(sentAt + self.pingInterval, now))
        self.provenAt = sentAt
        return now - sentAt
    }

    /// The attempt or the connection is over.
    ///
    /// - Parameter chance: 0 to 1, drawn at random: the length of the pause within its bounds.
    /// - Returns: The next address, if the host has another one that was not tried; `nil` if a pause has begun.
    mutating func ended(at now: Instant, chance: Double) -> Action? {
        switch self.state {
        case .stopped:
            return nil
        case .connecting(_, let others), .greeting(_, let others):
            if let next = others.first {
                self.state = .connecting(next, others: Array(others.dropFirst()))
                return .connect(next)
            }
        case .ready, .awaitingPong:
            self.hastyUntil = now + self.haste
        default:
            break
        }
        let rest = self.backoff.wait(chance)
        self.state = .resting(until: now + (now < self.hastyUntil ? min(rest, Self.shortRest) : rest))
        return nil
    }

    /// There is reason to believe that an attempt would succeed now.
    mutating func hurry(at now: Instant) {
        if case .resting = self.state {
            self.state = .resting(until: now)
        }
    }

    mutating func stop() {
        self.state = .stopped
    }
}
