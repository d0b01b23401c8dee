import Testing

@testable import RedisBroker

@Suite struct RedisErrorReplyTests {
    /// As Redis 7, older versions, and clusters say it.
    private static let known: [(String, RedisErrorKind)] = [
        ("WRONGPASS invalid username-password pair or user is disabled.", .wrongPassword),
        ("ERR invalid password", .wrongPassword),
        ("NOAUTH Authentication required.", .noPassword),
        ("ERR operation not permitted", .noPassword),
        ("ERR AUTH <password> called without any password configured for the default user.", .passwordNotWanted),
        ("ERR Client sent AUTH, but no password is set", .passwordNotWanted),
        ("ERR max number of clients reached", .tooManyClients),
        ("DENIED Redis is running in protected mode because protected mode is enabled", .protectedMode),
        ("NOPERM User u has no permissions to access the 'x' channel", .noPermission),
        ("LOADING Redis is loading the dataset in memory", .loading),
        ("MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist", .cannotSave),
        ("READONLY You can't write against a read only replica.", .readOnly),
        ("MOVED 3999 127.0.0.1:6381", .cluster),
        ("CLUSTERDOWN Hash slot not served", .cluster),
        ("MASTERDOWN Link with MASTER is down", .masterDown),
        ("BUSY Redis is busy running a script.", .busy),
        ("ERR something else", .other),
        ("", .other),
    ]

    @Test(arguments: known)
    func `an error is told by its first word`(text: String, kind: RedisErrorKind) {
        #expect(RedisErrorReply(text).kind == kind)
    }

    @Test func `an ACL denies a command, or one of its channels`() {
        let command = "NOPERM this user has no permissions to run the 'subscribe' command"
        let channel = "NOPERM this user has no permissions to access one of the channels used as arguments"
        #expect(RedisErrorReply(command).deniesCommand && !RedisErrorReply(channel).deniesCommand)
    }

    @Test func `the answer to a command with the password in it is not repeated`() {
        let reply = RedisErrorReply("ERR unknown command 'AUTH', with args beginning with: 's3cret'", isToSecret: true)
        #expect(reply.description == "Redis answered: ERR")
        #expect(!RedisErrorReply("s3cret", isToSecret: true).description.contains("s3cret"))
    }

    @Test func `what is known is explained, in Redis' words as well`() {
        let text = "READONLY You can't write against a read only replica."
        #expect(
            RedisErrorReply(text).description
                == "redis.url leads to a read-only replica; it must lead to the primary (\(text))"
        )
    }

    @Test func `a long answer is cut`() {
        #expect(RedisErrorReply("ERR " + String(repeating: "x", count: 10_000)).description.count < 300)
    }
}
