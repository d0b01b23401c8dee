import Settings
import Testing

@testable import RedisBroker

@Suite struct RedisGreetingTests {
    private static func greeting(_ url: String, name: String = "atalaya-a-publish") -> RedisGreeting {
        RedisGreeting(RedisEndpoint(ServiceURL(url)!), clientName: name)
    }

    private static func sent(_ greeting: RedisGreeting) -> String {
        var bytes: [UInt8] = []
        for command in greeting.commands {
            command.append(to: &bytes)
        }
        return String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: " ")
    }

    private static let name = "*3 $6 CLIENT $7 SETNAME $17 atalaya-a-publish *2 $5 HELLO $1 2 *1 $4 PING "

    private static let urls: [(String, String)] = [
        ("redis://h", name),
        ("redis://h:1/0", name),
        ("redis://:pw@h", "*2 $4 AUTH $2 pw " + name),
        ("redis://us%40er:p%2Fw%3A@h/7", "*3 $4 AUTH $5 us@er $4 p/w: *2 $6 SELECT $1 7 " + name),
    ]

    @Test(arguments: urls)
    func `it authenticates, selects, says its name, asks for the role and pings`(url: String, commands: String) {
        #expect(Self.sent(Self.greeting(url)) == commands)
    }

    @Test func `a name is made of what Redis takes`() {
        #expect(Self.sent(Self.greeting("redis://h", name: "a b\nü")).contains(" a-b--- "))
    }

    @Test func `it is done with the last answer`() throws {
        var greeting = Self.greeting("redis://u:p@h/1")
        #expect(try greeting.take(.status("OK")) == false)
        #expect(try greeting.take(.status("OK")) == false)
        #expect(try greeting.take(.status("OK")) == false)
        #expect(try greeting.take(.array([])) == false)
        #expect(try greeting.take(.status("PONG")) == true)
        #expect(throws: RedisFault.unexpectedReply) { try greeting.take(.status("PONG")) }
    }

    @Test func `a proxy need not know client names or roles`() throws {
        var greeting = Self.greeting("redis://h")
        #expect(try greeting.take(.error("ERR unknown command")) == false)
        #expect(try greeting.take(.error("ERR unknown command")) == false)
        #expect(try greeting.take(.status("PONG")) == true)
        #expect(greeting.refusals.isEmpty)
    }

    @Test func `an answer that does not concern the connection proves that Redis lives`() throws {
        for text in ["MISCONF Redis is configured to save", "LOADING x", "NOPERM x", "BUSY x"] {
            var greeting = Self.greeting("redis://h")
            _ = try greeting.take(.status("OK"))
            _ = try greeting.take(.array([]))
            #expect(try greeting.take(.error(text)) == true)
            #expect(greeting.refusals == [RedisErrorReply(text)])
        }
    }

    @Test func `a denied SELECT costs nothing, since channels have no database`() throws {
        var greeting = Self.greeting("redis://h/1")
        #expect(try greeting.take(.error("NOPERM no permissions to run the 'select' command")) == false)
        #expect(greeting.refusals.count == 1)
    }

    @Test func `a replica will not do`() throws {
        var greeting = Self.greeting("redis://h")
        _ = try greeting.take(.status("OK"))
        let reply = RedisReply.array(["role", "replica"].map { .bulk(Array($0.utf8)) })
        #expect(throws: RedisFault.replica) { try greeting.take(reply) }
    }

    @Test func `what Redis says instead of the first answer ends it`() throws {
        for text in ["ERR max number of clients reached", "DENIED Redis is running in protected mode"] {
            var greeting = Self.greeting("redis://h")
            #expect(throws: RedisFault.refused(RedisErrorReply(text))) { try greeting.take(.error(text)) }
        }
    }

    @Test func `an error ends it`() throws {
        var greeting = Self.greeting("redis://h/1")
        #expect(throws: RedisFault.refused(RedisErrorReply("ERR DB index is out of range"))) {
            try greeting.take(.error("ERR DB index is out of range"))
        }
        greeting = Self.greeting("redis://h")
        _ = try greeting.take(.status("OK"))
        #expect(throws: RedisFault.refused(RedisErrorReply("NOAUTH x"))) { try greeting.take(.error("NOAUTH x")) }
    }

    @Test func `an answer of another kind ends it too`() throws {
        var greeting = Self.greeting("redis://h")
        #expect(throws: RedisFault.unexpectedReply) { try greeting.take(.integer(1)) }
    }
}
