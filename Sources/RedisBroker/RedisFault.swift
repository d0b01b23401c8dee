import Reactor

/// Why there is no connection to Redis.
enum RedisFault: Error, Equatable, Sendable {
    case unresolvable(host: String, reason: String)
    case resolveTimedOut(host: String)
    /// The errno of the attempt.
    case unreachable(address: String, errno: Int32)
    case connectTimedOut(address: String)
    /// Connected, but no answer to the first commands.
    case greetingTimedOut
    case refused(RedisErrorReply)
    /// It leads to a replica, which would pass publications to nobody.
    case replica
    /// Ended by Redis or the network.
    case lost
    case pingTimedOut
    /// PINGs are answered, but what is published does not come back.
    case subscriptionSilent
    /// Redis ended the subscription to a room that is still needed.
    case subscriptionEnded
    /// What came is not a reply, or too long for one.
    case brokenStream
    /// Answers came that nobody had asked for.
    case unexpectedReply
    case notStarted
    case stopped
}

extension RedisFault: CustomStringConvertible {
    var description: String {
        switch self {
        case .unresolvable(let host, let reason): "the host \(host) cannot be resolved: \(reason)"
        case .resolveTimedOut(let host): "the host \(host) cannot be resolved: no answer in time"
        case .unreachable(let address, let errno): "\(address) cannot be connected to: \(Self.text(errno))"
        case .connectTimedOut(let address): "\(address) does not answer (redis.connectTimeout)"
        case .greetingTimedOut: "connected, but nothing that speaks Redis answers (redis.connectTimeout)"
        case .refused(let reply): reply.description
        case .replica:
            "redis.url leads to a replica, which does not pass messages on; it must lead to the primary"
        case .lost: "the connection was lost"
        case .pingTimedOut: "PING was not answered (redis.pingInterval)"
        case .subscriptionSilent: "the subscription is dead: what is published does not come back (redis.pingInterval)"
        case .subscriptionEnded: "Redis ended the subscription of a room"
        case .brokenStream: "what came is no answer of Redis"
        case .unexpectedReply: "an answer came that nothing had asked for"
        case .notStarted: "not connected yet"
        case .stopped: "the gateway is stopping"
        }
    }

    /// The errors an operator meets, in words; the number for all others.
    private static func text(_ errno: Int32) -> String {
        switch errno {
        case 101: "network is unreachable"
        case 104: "connection reset by peer"
        case 110: "connection timed out"
        case 111: "connection refused"
        case 113: "no route to host"
        default: ReactorError.text(errno)
        }
    }
}
