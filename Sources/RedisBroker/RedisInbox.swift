import Instruments
import Messaging
import Synchronization

/// What other threads have for the broker's loop, bounded: the only part of the broker that threads share.
///
/// What is admitted counts until it gets its receipt, so the bounds cover the inbox, what waits for Redis, and what
/// Redis has not answered, all together.
final class RedisInbox: Sendable {
    struct Contents {
        var publications: [Publication] = []
        /// Refused without an attempt; only their receipts are left to be given.
        var refused: [PublicationReceipt] = []
        var rooms: [RoomName] = []
        /// In order.
        var chains: [ChainRequest] = []
    }

    private struct State {
        var contents = Contents()
        var isPosted = false
        var isAway = true
        var isStopped = false
        var pendingBytes = 0
        var pendingMessages = 0
    }

    private let state = Lock(State())
    private let holds = Atomic(true)
    private let claimable = Atomic(false)
    private static let maximumChainRequests = 100_000
    private let maximumBytes: Int
    private let maximumMessages: Int

    init(maximumBytes: Int, maximumMessages: Int) {
        self.maximumBytes = maximumBytes
        self.maximumMessages = maximumMessages
    }

    /// Whether what is added now has to wait: Redis is away, or more than half of the allowed publications are pending.
    var isHolding: Bool { self.holds.load(ordering: .relaxed) }

    private func noteHolding(_ state: State) {
        let isFull = state.pendingMessages > self.maximumMessages / 2 || state.pendingBytes > self.maximumBytes / 2
        self.holds.store(!state.isStopped && (state.isAway || isFull), ordering: .relaxed)
    }

    /// The size a publication counts with: its payload, plus the most that an envelope and a command need.
    static func size(of publication: Publication) -> Int {
        publication.message.payload.count + 1024
    }

    /// What the caller must do after adding something.
    enum Duty: Equatable {
        case nothing
        /// Make the loop take the contents.
        case post
        /// The broker has stopped, or takes no more: settle these at once.
        case settle
    }

    func add(_ publications: [Publication]) -> Duty {
        self.state.withLock { state in
            guard !state.isStopped else { return .settle }
            for publication in publications {
                let size = Self.size(of: publication)
                if size > self.maximumBytes {
                    state.contents.refused.append(PublicationReceipt(of: publication, .tooBig))
                } else if state.pendingMessages >= self.maximumMessages
                    || state.pendingBytes + size > self.maximumBytes
                {
                    state.contents.refused.append(PublicationReceipt(of: publication, .unavailable))
                } else {
                    state.pendingMessages += 1
                    state.pendingBytes += size
                    state.contents.publications.append(publication)
                }
            }
            self.noteHolding(state)
            return Self.post(&state)
        }
    }

    func add(_ rooms: [RoomName]) -> Duty {
        self.state.withLock { state in
            guard !state.isStopped else { return .nothing }
            state.contents.rooms += rooms
            return Self.post(&state)
        }
    }

    /// Whether resume tokens can be claimed now.
    var isClaimable: Bool { self.claimable.load(ordering: .relaxed) }

    func setClaimable(_ isClaimable: Bool) {
        self.claimable.store(isClaimable, ordering: .relaxed)
    }

    /// Where more wait than are allowed, the caller settles all of them.
    func add(_ requests: [ChainRequest]) -> Duty {
        self.state.withLock { state in
            guard !state.isStopped, state.contents.chains.count + requests.count <= Self.maximumChainRequests else {
                return .settle
            }
            state.contents.chains += requests
            return Self.post(&state)
        }
    }

    private static func post(_ state: inout State) -> Duty {
        defer { state.isPosted = true }
        return state.isPosted ? .nothing : .post
    }

    func take() -> Contents {
        self.state.withLock { state in
            state.isPosted = false
            return exchange(&state.contents, with: Contents())
        }
    }

    /// A publication got its receipt.
    func release(_ publication: Publication) {
        self.state.withLock { state in
            state.pendingMessages -= 1
            state.pendingBytes -= Self.size(of: publication)
            self.noteHolding(state)
        }
    }

    /// Whether Redis is away: then publications wait.
    func setAway(_ isAway: Bool) {
        self.state.withLock { state in
            state.isAway = isAway
            self.noteHolding(state)
        }
    }

    /// Nothing more is accepted from now on; the contents can still be taken out.
    ///
    /// - Returns: Whether this was the first call.
    func stop() -> Bool {
        self.state.withLock { state in
            let isFirst = !state.isStopped
            state.isStopped = true
            self.noteHolding(state)
            return isFirst
        }
    }
}
