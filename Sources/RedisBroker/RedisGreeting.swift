import Settings

/// The first commands on a connection, sent together, and what their answers say.
struct RedisGreeting {
    private enum Step {
        case authenticate
        case select
        /// Some proxies know no client names; nothing depends on one.
        case name
        /// Proves that commands are carried out: while Redis loads its data, the ones before succeed.
        case ping
    }

    let commands: [RedisCommand]
    private var awaited: ArraySlice<Step>

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
        steps += [.name, .ping]
        commands += [RedisCommand("CLIENT", "SETNAME", Self.fit(clientName)), RedisCommand("PING")]
        self.commands = commands
        self.awaited = steps[...]
    }

    /// Takes the next answer.
    ///
    /// - Returns: Whether Redis has greeted back.
    mutating func take(_ reply: RedisReply) throws(RedisFault) -> Bool {
        guard let step = self.awaited.popFirst() else { throw .unexpectedReply }
        switch (step, reply) {
        case (.name, .error(let text)) where [.noPermission, .other].contains(RedisErrorKind(text)):
            break
        case (.authenticate, .error(let text)):
            throw .refused(RedisErrorReply(text, isToSecret: true))
        case (_, .error(let text)):
            throw .refused(RedisErrorReply(text))
        case (.authenticate, .status), (.select, .status), (.name, .status), (.ping, .status("PONG")):
            break
        default:
            throw .unexpectedReply
        }
        return self.awaited.isEmpty
    }

    /// Redis takes printable ASCII without spaces for a name.
    private static func fit(_ name: String) -> String {
        let bytes = name.utf8.prefix(100).map { (0x21...0x7E).contains($0) ? $0 : UInt8(ascii: "-") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
