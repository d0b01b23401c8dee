import Testing

@testable import RedisBroker

@Suite struct RedisRoleTests {
    private static func hello(_ role: String) -> RedisReply {
        let pairs = ["server", "redis", "version", "7.0.15", "mode", "standalone", "role", role]
        return .array(pairs.map { .bulk(Array($0.utf8)) } + [.bulk(Array("modules".utf8)), .null])
    }

    private static let roles: [(String, RedisRole)] = [
        ("master", .primary), ("primary", .primary), ("replica", .replica), ("slave", .replica), ("role", .unknown),
    ]

    @Test(arguments: roles)
    func `the role stands among the other names and values`(text: String, role: RedisRole) {
        #expect(RedisRole(Self.hello(text)) == role)
    }

    @Test func `whoever does not tell it may be a primary`() {
        let role = RedisReply.bulk(Array("role".utf8))
        let replies: [RedisReply] = [
            .status("OK"), .null, .array([]), .array([role]), .array([role, .integer(1)]),
            .array([.bulk(Array("mode".utf8)), role, .bulk(Array("replica".utf8))]),
        ]
        for reply in replies {
            #expect(RedisRole(reply) == .unknown)
        }
    }
}
