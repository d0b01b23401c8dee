/// The meaning of an error reply: its first word decides, the rest is for people.
enum RedisErrorKind: Equatable, Sendable {
    case wrongPassword
    case noPassword
    case passwordNotWanted
    case protectedMode
    case tooManyClients
    case noPermission
    case loading
    case cannotSave
    case readOnly
    case cluster
    case masterDown
    case busy
    case outOfMemory
    case other

    init(_ text: String) {
        switch text.prefix(while: { $0 != " " }) {
        case "WRONGPASS": self = .wrongPassword
        case "NOAUTH": self = .noPassword
        case "NOPERM": self = .noPermission
        case "LOADING": self = .loading
        case "MISCONF": self = .cannotSave
        case "READONLY": self = .readOnly
        case "MOVED", "ASK", "CLUSTERDOWN", "CROSSSLOT": self = .cluster
        case "MASTERDOWN": self = .masterDown
        case "BUSY": self = .busy
        case "OOM": self = .outOfMemory
        case "DENIED": self = .protectedMode
        case "ERR" where text.contains("max number of clients"): self = .tooManyClients
        case "ERR" where text.contains("without any password configured"): self = .passwordNotWanted
        case "ERR" where text.contains("no password is set"): self = .passwordNotWanted
        case "ERR" where text.contains("invalid password"): self = .wrongPassword
        case "ERR" where text.contains("operation not permitted"): self = .noPassword
        default: self = .other
        }
    }

    /// Whether every command on the connection would get this answer, so that only a new connection helps.
    var concernsConnection: Bool {
        switch self {
        case .wrongPassword, .noPassword, .passwordNotWanted, .protectedMode, .tooManyClients, .readOnly, .cluster,
            .masterDown:
            true
        case .noPermission, .loading, .cannotSave, .busy, .outOfMemory, .other: false
        }
    }

    /// For the operator: what it means here and what to do; `nil` if Redis' own words must do.
    var explanation: String? {
        switch self {
        case .wrongPassword: "Redis refused user or password of redis.url"
        case .noPassword: "Redis asks for a password, and redis.url has none that it takes"
        case .passwordNotWanted: "redis.url has a password, and this Redis has none set"
        case .protectedMode: "Redis is in protected mode: it has no password set and takes local connections only"
        case .tooManyClients: "Redis has as many clients as it may have (maxclients)"
        case .noPermission:
            "the ACL of the Redis user in redis.url denies this; docs/wire-format.md shows an ACL that allows what is needed"
        case .loading: "Redis is loading its data set"
        case .cannotSave: "Redis cannot save its data set to disk, which messages between instances do not need"
        case .readOnly: "redis.url leads to a read-only replica; it must lead to the primary"
        case .cluster:
            "redis.url leads to a node of a Redis Cluster that sends this elsewhere; this build speaks to one Redis"
        case .masterDown: "redis.url leads to a replica that has lost its primary"
        case .busy: "Redis is busy with a script"
        case .outOfMemory: "Redis has no memory left (maxmemory) for the records of resume tokens"
        case .other: nil
        }
    }
}

/// An error reply as it may be shown.
struct RedisErrorReply: Equatable, Sendable {
    let kind: RedisErrorKind
    private let text: String

    /// Whether the ACL denies the command as such, whatever channel it names.
    var deniesCommand: Bool { self.kind == .noPermission && !self.text.contains("channel") }

    /// - Parameter isToSecret: The command held the password: servers that do not know a command repeat its parts, so
    ///   only the first word of the reply is kept.
    init(_ text: String, isToSecret: Bool = false) {
        self.kind = RedisErrorKind(text)
        self.text = isToSecret ? Self.code(of: text) : String(text.prefix(200))
    }

    /// The first word, if it looks like one of Redis' codes.
    private static func code(of text: String) -> String {
        let word = text.prefix { $0 != " " }
        return word.count <= 20 && word.allSatisfy { ("A"..."Z").contains($0) } ? String(word) : "an error"
    }
}

extension RedisErrorReply: CustomStringConvertible {
    var description: String {
        self.kind.explanation.map { "\($0) (\(self.text))" } ?? "Redis answered: \(self.text)"
    }
}
