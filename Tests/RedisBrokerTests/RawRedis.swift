import TestKit

@testable import RedisBroker

/// Any Redis client: one command, its answer, on a connection of its own.
enum RawRedis {
    struct NoAnswer: Error {}

    @discardableResult
    static func command(_ parts: String...) throws -> RedisReply {
        try self.command(parts.map { Array($0.utf8) })
    }

    @discardableResult
    static func command(_ parts: [[UInt8]]) throws -> RedisReply {
        var command = RedisCommand()
        for part in parts {
            command.append { $0 += part }
        }
        var bytes: [UInt8] = []
        command.append(to: &bytes)
        let peer = try Peer(to: TestRedis.port)
        peer.send(bytes)
        var reader = RedisReplyReader(maximumBytes: 1 << 20)
        let deadline = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < deadline, let received = peer.receive() {
            try reader.feed(received.span)
            if let reply = try reader.next() {
                return reply
            }
        }
        throw NoAnswer()
    }

    static func publish(_ payload: [UInt8], to channel: String) throws {
        try self.command([Array("PUBLISH".utf8), Array(channel.utf8), payload])
    }
}
