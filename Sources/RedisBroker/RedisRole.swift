/// What a Redis says about itself in its answer to `HELLO`.
///
/// Only a primary passes publications on to everybody: a replica accepts them, and they reach nobody but its own
/// subscribers. `HELLO` is the one command that tells the role and needs no permission in an ACL.
enum RedisRole: Equatable, Sendable {
    case primary
    case replica
    /// Older than Redis 6, or something between us and Redis that does not know the command.
    case unknown

    /// Asks, and stays with the version of the protocol that we speak.
    static let question = RedisCommand("HELLO", "2")

    /// - Parameter reply: Names and values in turn.
    init(_ reply: RedisReply) {
        self = .unknown
        guard case .array(let parts) = reply else { return }
        for index in stride(from: 0, to: parts.count - 1, by: 2) {
            guard case .bulk(let name) = parts[index], name == Array("role".utf8) else { continue }
            guard case .bulk(let value) = parts[index + 1] else { return }
            switch String(decoding: value, as: UTF8.self) {
            case "master", "primary": self = .primary
            case "slave", "replica": self = .replica
            default: break
            }
        }
    }
}
