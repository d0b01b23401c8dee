import Settings

/// The first commands on a connection, which are sent together, and the meaning of their answers.
struct RedisGreeting {
    private enum Step {
        case authenticate
        case select
        /// Some proxies do not support client names; nothing depends on them.
        case name
        /// A replica will not do.
        case role
        /// Whatever it answers that does not concern the connection: who answers, lives.
        case ping
    }

    let commands: [RedisCommand]
    private var awaited: ArraySlice<Step>
    /// What Redis refused although the connection is good; nothing that rooms need depends on it.
    private(set) var refusals: [RedisErrorReply] = []

    init(_ endpoint: RedisEndpoint, clientName: String) {
        var steps: [Step] = []
        var commands: [RedisCommand] = []
        if let password = endpoint.password {
            var command = RedisCommand("AUTH")
            if let user = endpoint.user {
                command.append(user)
            }
            command.append(password.revealed)
            steps.append(.authenticate)
            commands.append(command)
        }
        if endpoint.database != 0 {
            steps.append(.select)
            commands.append(RedisCommand("SELECT", String(endpoint.database)))
        }
        steps += [.name, .role, .ping]
        commands += [
            RedisCommand("CLIENT", "SETNAME", Self.fit(clientName)), RedisRole.question, RedisCommand("PING"),
        ]
        self.commands = commands
        self.awaited = steps[...]
    }

    /// Takes the next answer.
    ///
    /// - Returns: Whether the greeting is complete.
    mutating func take(_ reply: RedisReply) throws(RedisFault) -> Bool {
        guard let step = self.awaited.popFirst() else { throw .unexpectedReply }
        switch (step, reply) {
        case (.authenticate, .error(let text)):
            throw .refused(RedisErrorReply(text, isToSecret: true))
        case (_, .error(let text)):
            try self.refused(RedisErrorReply(text), step)
        case (.role, _):
            guard RedisRole(reply) != .replica else { throw .replica }
        case (.authenticate, .status), (.select, .status), (.name, .status), (.ping, .status("PONG")):
            break
        default:
            throw .unexpectedReply
        }
        return self.awaited.isEmpty
    }

    private mutating func refused(_ reply: RedisErrorReply, _ step: Step) throws(RedisFault) {
        // A database that is not there is a fault of the configuration; channels are the same in all of them.
        let isFatal = reply.kind.concernsConnection || step == .select && reply.kind != .noPermission
        guard !isFatal else { throw .refused(reply) }
        // Not every proxy knows client names, or HELLO.
        if reply.kind != .other {
            self.refusals.append(reply)
        }
    }

    /// Redis accepts printable ASCII without spaces as a name.
    private static func fit(_ name: String) -> String {
        let bytes = name.utf8.prefix(100).map { (0x21...0x7E).contains($0) ? $0 : UInt8(ascii: "-") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
