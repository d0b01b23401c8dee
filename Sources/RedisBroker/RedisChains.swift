import DequeModule
import Instruments
import Messaging
import Reactor

/// The records of resume tokens in Redis: writes them, and claims them for clients that come back.
///
/// A record is claimed by one `SET` that swaps it for an empty value and answers with what was there. So of several
/// claims one gets the record, the others get the empty value and know that they came second, and nothing that is
/// written about the old connection afterwards brings the record back. The time that a key has left says how long ago
/// the connection ended. Instances keep a lease, so that the records of one that crashed are worth nothing in the end.
final class RedisChains {
    /// How long an instance may not be heard of before it counts as gone; longer where it is pinged less often.
    static let lease = Duration.seconds(15)

    private static let maximumClaims = 10_000
    private static let maximumWrites = 50_000
    private static let maximumPostponed = 20_000

    /// What Redis has to be told once it is back, since its record would be valid for too long.
    private enum Postponed {
        /// Its connection has ended.
        case ended(ChainKey, ChainRecord, until: Instant)
        case used(ChainKey)
    }

    private enum Pause {
        /// It may be able to again soon.
        case untilPing
        /// It does not know a command, or an ACL denies it.
        case untilReconnect
    }

    private let pipeline: RedisPipeline
    private let loop: EventLoop
    private let keys: RedisKeys
    private let identity: FleetIdentity
    private let inbox: RedisInbox
    private let complaints: RedisComplaints
    private let lease: Duration
    /// The time for which what is valid needs the lease; `nil` until there is something.
    private var window: Duration?
    /// Redis refused something, so nothing more is asked of it for a while.
    private var pause: Pause?
    /// Commands without an answer, other than claims.
    private var writes = 0
    private var claims = 0
    private var postponed = Deque<Postponed>()

    init(
        pipeline: RedisPipeline,
        loop: EventLoop,
        keys: RedisKeys,
        identity: FleetIdentity,
        inbox: RedisInbox,
        complaints: RedisComplaints,
        pingInterval: Duration
    ) {
        self.pipeline = pipeline
        self.loop = loop
        self.keys = keys
        self.identity = identity
        self.inbox = inbox
        self.complaints = complaints
        self.lease = max(Self.lease, pingInterval * 3)
    }

    // MARK: - The connection

    func opened() {
        self.pause = nil
        self.goOn()
    }

    func pinged() {
        if self.pause == .untilPing {
            self.pause = nil
        }
        self.goOn()
    }

    func closed() {
        self.inbox.setClaimable(false)
    }

    private var canAsk: Bool { self.pipeline.isOpen && self.pause == nil }
    private var canWrite: Bool { self.canAsk && self.writes < Self.maximumWrites }

    private func goOn() {
        guard self.canWrite else { return }
        self.inbox.setClaimable(true)
        self.renewLease()
        let now = self.loop.now
        for postponed in exchange(&self.postponed, with: []) {
            switch postponed {
            case .ended(let key, let record, let until) where now < until: self.keep(key, record, for: until - now)
            case .ended(let key, _, _), .used(let key): self.forget(key, isUsed: true)
            }
        }
    }

    private func renewLease() {
        guard let window = self.window, self.canWrite else { return }
        let key = self.keys.lease(of: self.identity.origin)
        self.write(RedisCommand("SET", key, self.identity.instance, "PX", Self.milliseconds(self.lease + window)))
    }

    // MARK: - Requests

    func carryOut(_ requests: [ChainRequest]) {
        for request in requests {
            switch request {
            case .write(let key, let record, let validity): self.write(key, record, for: validity)
            case .keep(let key, let record, let validity): self.keep(key, record, for: validity)
            case .forget(let key, let isUsed): self.forget(key, isUsed: isUsed)
            case .claim(let key, let answer): self.claim(key, answer)
            case .giveBack(let key, let record): self.giveBack(key, record)
            }
        }
    }

    private func write(_ key: ChainKey, _ record: ChainRecord, for validity: Duration) {
        guard self.canWrite else { return }
        self.set(key, record, ["PX", Self.milliseconds(validity)])
    }

    /// Two commands, so that the order of all that is asked for stays as it is: the second one writes the record only
    /// if Redis has lost it, or never got it.
    private func keep(_ key: ChainKey, _ record: ChainRecord, for validity: Duration) {
        guard self.canWrite else {
            self.postpone(key, record, for: validity)
            return
        }
        self.writes += 1
        let command = RedisCommand("PEXPIRE", self.keys.record(of: key), Self.milliseconds(validity))
        self.pipeline.send(command) { [weak self] answer, now in
            guard let self else { return }
            self.answered(answer, at: now)
            if case .lost = answer {
                self.postpone(key, record, for: validity)
            }
        }
        self.set(key, record, ["NX", "PX", Self.milliseconds(validity)])
    }

    private func set(_ key: ChainKey, _ record: ChainRecord, _ options: [String]) {
        if self.window == nil {
            self.window = record.window
            self.renewLease()
        }
        var command = RedisCommand("SET", self.keys.record(of: key))
        command.append { $0 += record.encoded }
        for option in options {
            command.append(option)
        }
        self.write(command)
    }

    private func postpone(_ key: ChainKey, _ record: ChainRecord, for validity: Duration) {
        if validity <= record.window {
            self.postpone(.ended(key, record, until: self.loop.now + validity))
        }
    }

    private func postpone(_ postponed: Postponed) {
        guard self.pause != .untilReconnect else { return }
        if self.postponed.count >= Self.maximumPostponed {
            self.postponed.removeFirst()
        }
        self.postponed.append(postponed)
    }

    private func forget(_ key: ChainKey, isUsed: Bool) {
        guard self.canWrite else {
            if isUsed {
                self.postpone(.used(key))
            }
            return
        }
        self.write(RedisCommand("DEL", self.keys.record(of: key)))
    }

    private func giveBack(_ key: ChainKey, _ record: ChainRecord) {
        guard self.canWrite else { return }
        var command = RedisCommand("SET", self.keys.record(of: key))
        command.append { $0 += record.encoded }
        command.append("XX")
        command.append("KEEPTTL")
        self.write(command)
    }

    private func write(_ command: RedisCommand) {
        self.writes += 1
        self.pipeline.send(command, answering: self)
    }

    // MARK: - Claims

    private func claim(_ key: ChainKey, _ answer: @escaping @Sendable (ChainAnswer) -> Void) {
        guard self.canAsk, self.claims < Self.maximumClaims else {
            answer(.unavailable)
            return
        }
        self.claims += 1
        let name = self.keys.record(of: key)
        var left: Duration?
        self.pipeline.send(RedisCommand("PTTL", name)) { [weak self] reply, now in
            switch reply {
            case .reply(.integer(let milliseconds)): left = .milliseconds(milliseconds)
            case .reply: self?.pipeline.giveUpUnexpected()
            case .refused(let refusal): self?.refused(refusal, at: now)
            case .lost: break
            }
        }
        self.pipeline.send(RedisCommand("SET", name, "", "XX", "KEEPTTL", "GET")) { [weak self] reply, now in
            guard let self else { return answer(.unavailable) }
            switch self.meaning(of: reply, at: now) {
            case .record(let record): self.settle(record, left: left, answer)
            case .nothing(let why):
                self.claims -= 1
                answer(why)
            }
        }
    }

    /// What a claim found.
    private enum Found {
        case record(ChainRecord)
        case nothing(ChainAnswer)
    }

    private func meaning(of reply: RedisAnswer, at now: Instant) -> Found {
        switch reply {
        case .reply(.null):
            return .nothing(.unknown)
        case .reply(.bulk(let bytes)) where bytes.isEmpty:
            return .nothing(.taken)
        case .reply(.bulk(let bytes)):
            do throws(EnvelopeError) {
                return .record(try ChainRecord(reading: bytes.span))
            } catch {
                self.complaints.unreadable("the record of a resume token: \(error)", in: nil, at: now)
                return .nothing(.unknown)
            }
        case .reply:
            self.pipeline.giveUpUnexpected()
            return .nothing(.unavailable)
        case .refused(let refusal):
            self.refused(refusal, at: now)
            return .nothing(.unavailable)
        case .lost:
            return .nothing(.unavailable)
        }
    }

    /// The record is worth nothing if its instance is gone for longer than its clients may be.
    private func settle(_ record: ChainRecord, left: Duration?, _ answer: @escaping @Sendable (ChainAnswer) -> Void) {
        let isEnded = left.map { $0 >= .zero && $0 <= record.window } ?? false
        let gap = isEnded ? left.map { record.window - $0 } : nil
        guard record.origin != self.identity.origin else {
            self.claims -= 1
            answer(.claimed(record, gap: gap))
            return
        }
        self.pipeline.send(RedisCommand("PTTL", self.keys.lease(of: record.origin))) { [weak self] reply, _ in
            self?.claims -= 1
            // No such key: -2. Where Redis does not answer, the record is claimed all the same.
            answer(reply == .reply(.integer(-2)) ? .unknown : .claimed(record, gap: gap))
        }
    }

    // MARK: - Refusals

    private func refused(_ refusal: RedisErrorReply, at now: Instant) {
        // One line: what is already on its way will be refused as well.
        guard self.pause == nil else { return }
        self.complaints.refused(refusal, at: now)
        let isForGood = refusal.kind == .noPermission || refusal.kind == .other
        self.pause = isForGood ? .untilReconnect : .untilPing
        self.inbox.setClaimable(false)
    }

    private static func milliseconds(_ duration: Duration) -> String {
        String(max(1, duration.wholeMilliseconds))
    }
}

extension RedisChains: RedisAsker {
    func answered(_ answer: RedisAnswer, at now: Instant) {
        self.writes -= 1
        if case .refused(let refusal) = answer {
            self.refused(refusal, at: now)
        }
    }
}

@available(*, unavailable) extension RedisChains: Sendable {}
