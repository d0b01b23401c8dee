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
    static func command(_ parts: [[UInt8]], port: UInt16 = TestRedis.port) throws -> RedisReply {
        try self.commands([parts], port: port)[0]
    }

    /// Several commands over one connection, and their answers.
    static func commands(_ commands: [[[UInt8]]], port: UInt16) throws -> [RedisReply] {
        var bytes: [UInt8] = []
        for parts in commands {
            var command = RedisCommand()
            for part in parts {
                command.append { $0 += part }
            }
            command.append(to: &bytes)
        }
        let peer = try Peer(to: port)
        peer.send(bytes)
        var reader = RedisReplyReader(maximumBytes: 1 << 20)
        var replies: [RedisReply] = []
        let deadline = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < deadline, let received = peer.receive() {
            try reader.feed(received.span)
            while let reply = try reader.next() {
                replies.append(reply)
            }
            if replies.count == commands.count {
                return replies
            }
        }
        throw NoAnswer()
    }

    static func publish(_ payload: [UInt8], to channel: String) throws {
        try self.command([Array("PUBLISH".utf8), Array(channel.utf8), payload])
    }

    /// Publishes one after the other, without waiting for each to be answered.
    static func publish(_ payloads: [[UInt8]], to channel: String) async throws {
        var bytes: [UInt8] = []
        for payload in payloads {
            var command = RedisCommand("PUBLISH", channel)
            command.append { $0 += payload }
            command.append(to: &bytes)
        }
        let peer = try Peer(to: TestRedis.port)
        var reader = RedisReplyReader(maximumBytes: 1 << 20)
        var (rest, answers) = (bytes[...], 0)
        while answers < payloads.count {
            if !rest.isEmpty {
                rest = rest.dropFirst(peer.send(Array(rest.prefix(64 * 1024))))
            }
            guard let received = peer.receive() else { throw NoAnswer() }
            if !received.isEmpty {
                try reader.feed(received.span)
                while try reader.next() != nil {
                    answers += 1
                }
            }
            await Task.yield()
        }
    }
}

/// Any Redis client that listens on one channel.
final class RawSubscriber {
    private let peer: Peer
    private var reader = RedisReplyReader(maximumBytes: 16 << 20)

    init(to channel: String) throws {
        self.peer = try Peer(to: TestRedis.port)
        var bytes: [UInt8] = []
        RedisCommand("SUBSCRIBE", channel).append(to: &bytes)
        self.peer.send(bytes)
        // Its confirmation.
        _ = try self.next()
    }

    /// What came so far.
    func messages() throws -> [[UInt8]] {
        var messages: [[UInt8]] = []
        RedisCommand("PING").send(over: self.peer)
        while case .array(let parts) = try self.next(), case .bulk(let payload)? = parts.last, parts.count == 3 {
            messages.append(payload)
        }
        return messages
    }

    func close() {
        self.peer.close()
    }

    private func next() throws -> RedisReply {
        let deadline = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < deadline {
            if let reply = try self.reader.next() {
                return reply
            }
            guard let received = self.peer.receive() else { break }
            try self.reader.feed(received.span)
        }
        throw RawRedis.NoAnswer()
    }
}

extension RedisCommand {
    fileprivate func send(over peer: Peer) {
        var bytes: [UInt8] = []
        self.append(to: &bytes)
        peer.send(bytes)
    }
}
