import Instruments
import Messaging
import Reactor

/// One claim of a resume token whose answer is on its way.
struct ChainClaim: Sendable {
    let number: UInt64
    /// Who brought the token.
    let handle: ConnectionHandle
    let connection: ConnectionID
    let token: String
    let key: ChainKey
}

/// What the sessions of one loop tell and ask the chains that all instances share.
///
/// What comes together in one turn of the loop is passed on at its end, in order.
final class ChainSharing {
    /// How long a client that brings a token waits for the answer.
    static let patience = Duration.milliseconds(250)

    /// How long the record of an open connection stays valid without being renewed, beyond the window.
    private static let validity = Duration.seconds(3600)
    private static let renewalInterval = Duration.seconds(1200)

    let origin: BusOrigin
    /// How long the record of a connection is valid that has just ended.
    let window: Duration
    /// How long the record of an open connection is valid.
    let openValidity: Duration
    private let chains: any SharedChains
    private let pingsBetweenRenewals: UInt32
    private var requests: [ChainRequest] = []
    private var claims: UInt64 = 0

    init(_ chains: any SharedChains, settings: SessionSettings) {
        self.chains = chains
        self.origin = chains.origin
        self.window = settings.reconnectWindow
        let interval = settings.heartbeatInterval
        self.openValidity = max(Self.validity, interval * 3) + settings.reconnectWindow
        self.pingsBetweenRenewals = UInt32(clamping: max(1, Int(Self.renewalInterval / interval)))
    }

    /// Whether to ask for a token at all: what does not look like one is nobody's.
    func canClaim(_ token: String) -> Bool {
        token.utf8.count == SessionRegistry.tokenCharacters && self.chains.canClaim
    }

    func add(_ request: ChainRequest) {
        self.requests.append(request)
    }

    func nextClaim() -> UInt64 {
        self.claims += 1
        return self.claims
    }

    /// Whether a record is renewed with this ping.
    ///
    /// Pings count up from the id of their connection, so nothing has to be kept for each.
    func isRenewed(_ connection: ConnectionID, with ping: UInt64) -> Bool {
        let count = UInt32(truncatingIfNeeded: ping) &- UInt32(truncatingIfNeeded: connection.ulid.low)
        return count % self.pingsBetweenRenewals == 0
    }
}

extension ChainSharing: TickObserver {
    func tickEnded(now: Instant) {
        guard !self.requests.isEmpty else { return }
        self.chains.carryOut(exchange(&self.requests, with: []))
    }
}

@available(*, unavailable) extension ChainSharing: Sendable {}
