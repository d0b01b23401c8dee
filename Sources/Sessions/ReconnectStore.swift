import DequeModule
package import Instruments
package import Messaging

/// What this instance remembers about connections that may come back: the chain of each resume token, and when each
/// named user's last connection ended.
///
/// Bounded in time by `reconnect.window` and in number by `maximumEntries`; the oldest are forgotten first.
package final class ReconnectStore: Sendable {
    /// How a connection came back.
    package struct Return: Sendable, Equatable {
        /// The place in the chain: 0 for the first connection.
        package let place: Int
        /// The earlier connection.
        package let connection: ConnectionID
        /// Its user; whoever resumes keeps it.
        package let user: UserID
        /// The time since the end of the earlier connection; `nil` if that has not been seen to end.
        package let gap: Duration?

        package init(place: Int, connection: ConnectionID, user: UserID, gap: Duration?) {
            self.place = place
            self.connection = connection
            self.user = user
            self.gap = gap
        }
    }

    private struct Chain {
        let user: UserID
        /// The newest connection.
        let connection: ConnectionID
        var endedAt: Instant?
        let isAnonymous: Bool
        let place: UInt32
    }

    private struct UserProtocol: Hashable {
        let user: UserID
        let protocolName: ProtocolName
    }

    private enum Departure {
        case chain(token: String)
        case user(UserProtocol)
    }

    private struct State {
        var chains: [String: Chain] = [:]
        var lastEnd: [UserProtocol: Instant] = [:]
        /// In order of time, so that expiry only looks at the front.
        var departures: Deque<(at: Instant, what: Departure)> = []
    }

    private let window: Duration
    private let maximumEntries: Int
    private let state = Lock(State())

    package init(window: Duration, maximumEntries: Int = 500_000) {
        self.window = window
        self.maximumEntries = maximumEntries
    }

    /// Starts or continues a chain under a random token.
    ///
    /// - Parameter connection: Whose token it is.
    package func issue(
        _ token: String,
        to user: UserID,
        isAnonymous: Bool,
        on connection: ConnectionID,
        place: Int
    ) {
        let chain = Chain(
            user: user,
            connection: connection,
            isAnonymous: isAnonymous,
            place: UInt32(clamping: place)
        )
        self.state.withLock { $0.chains[token] = chain }
    }

    /// Forgets a token that its client will not use because it has been given another one.
    package func revoke(_ token: String) {
        self.state.withLock { $0.chains[token] = nil }
    }

    /// Takes the chain of a token, once: from now on it belongs to the connection that brought it.
    ///
    /// - Returns: `nil` if the token is unknown, too old, or another user's.
    package func claim(_ token: String, by user: UserID, isAnonymous: Bool, at now: Instant) -> Return? {
        self.state.withLock { state in
            self.forget(&state, at: now)
            guard let chain = state.chains[token], chain.isAnonymous == isAnonymous,
                isAnonymous || chain.user == user
            else { return nil }
            state.chains[token] = nil
            return Return(
                place: Int(chain.place) + 1,
                connection: chain.connection,
                user: chain.user,
                gap: chain.endedAt.map { now - $0 }
            )
        }
    }

    /// For a named user's connection without a token: whether one with the same protocol ended a short while ago.
    package func returning(_ user: UserID, _ protocolName: ProtocolName, at now: Instant) -> Duration? {
        self.state.withLock { state in
            self.forget(&state, at: now)
            return state.lastEnd.removeValue(forKey: UserProtocol(user: user, protocolName: protocolName)).map {
                now - $0
            }
        }
    }

    /// Whether a token has not been claimed here, revoked or forgotten.
    package func knows(_ token: String) -> Bool {
        self.state.withLock { $0.chains[token] != nil }
    }

    /// Notes the end of a connection.
    ///
    /// - Parameters:
    ///   - token: Its resume token, if it had one.
    ///   - user: `nil` for an anonymous connection, and for one that its client closed with 1000.
    /// - Returns: Whether its chain can still be continued.
    @discardableResult
    package func ended(token: String?, user: UserID?, _ protocolName: ProtocolName, at now: Instant) -> Bool {
        self.state.withLock { state in
            let isKnown = token.map { state.chains[$0] != nil } ?? false
            if let token, isKnown {
                state.chains[token]?.endedAt = now
                state.departures.append((now, .chain(token: token)))
            }
            if let user {
                let key = UserProtocol(user: user, protocolName: protocolName)
                state.lastEnd[key] = now
                state.departures.append((now, .user(key)))
            }
            self.forget(&state, at: now)
            return isKnown
        }
    }

    /// How many chains and users are remembered.
    package var count: Int {
        self.state.withLock { $0.chains.count + $0.lastEnd.count }
    }

    private func forget(_ state: inout State, at now: Instant) {
        while let (at, what) = state.departures.first {
            guard at + self.window < now || state.departures.count > self.maximumEntries else { break }
            state.departures.removeFirst()
            switch what {
            case .chain(let token) where state.chains[token]?.endedAt == at: state.chains[token] = nil
            case .user(let key) where state.lastEnd[key] == at: state.lastEnd[key] = nil
            default: break
            }
        }
    }
}
