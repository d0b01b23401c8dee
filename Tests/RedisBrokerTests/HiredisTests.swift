import TestKit
import Testing

@testable import RedisBroker

@Suite struct HiredisTests {
    private static let stream =
        "+PONG\r\n:42\r\n$-1\r\n*-1\r\n-WRONGPASS no\r\n$0\r\n\r\n*3\r\n$7\r\nmessage\r\n$4\r\nroom\r\n$5\r\n\0\r\n\u{1}\n\r\n*0\r\n"
    private static let replies: [RedisReply] = [
        .status("PONG"), .integer(42), .null, .null, .error("WRONGPASS no"), .bulk([]),
        .array([.bulk(Array("message".utf8)), .bulk(Array("room".utf8)), .bulk([0, 13, 10, 1, 10])]), .array([]),
    ]

    private static func read(_ pieces: [[UInt8]], maximumBytes: Int = 1 << 20) throws(RedisStreamError) -> [RedisReply]
    {
        var reader = RedisReplyReader(maximumBytes: maximumBytes)
        var replies: [RedisReply] = []
        for piece in pieces {
            try reader.feed(piece.span)
            while let reply = try reader.next() {
                replies.append(reply)
            }
        }
        return replies
    }

    @Test func `every kind of reply is read`() throws {
        #expect(try Self.read([Array(Self.stream.utf8)]) == Self.replies)
    }

    @Test func `one byte at a time is as good`() throws {
        #expect(try Self.read(Self.stream.utf8.map { [$0] }) == Self.replies)
    }

    @Test(arguments: SeededGenerator.seeds(always: 1))
    func `any cuts are as good, and damage is an error at worst`(seed: UInt64) throws {
        var random = SeededGenerator(printing: seed)
        for round in 0..<2000 {
            var bytes = Array(Self.stream.utf8)
            let isDamaged = round % 2 == 1
            if isDamaged {
                for _ in 0..<3 {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
            }
            var pieces: [[UInt8]] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...min(20, rest.count), using: &random)
                pieces.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            if isDamaged {
                _ = try? Self.read(pieces)
            } else {
                #expect(try Self.read(pieces) == Self.replies)
            }
        }
    }

    @Test(arguments: [
        "hello\r\n", "*2147483647\r\n", "*65\r\n", "$2147483648999999\r\n", "*-2\r\n", "$-7\r\n", "HTTP/1.1 400\r\n",
    ])
    func `what is no reply is an error`(text: String) {
        let pieces = [Array(text.utf8), Array(repeating: UInt8(ascii: "x"), count: 2048)]
        #expect(throws: RedisStreamError()) { try Self.read(pieces, maximumBytes: 1024) }
    }

    @Test func `a reply that is too long is not waited for`() {
        let pieces = [Array("$100000\r\n".utf8)] + (0..<50).map { _ in Array(repeating: UInt8(7), count: 100) }
        #expect(throws: RedisStreamError()) { try Self.read(pieces, maximumBytes: 2000) }
        #expect(throws: Never.self) { try Self.read(pieces, maximumBytes: 6000) }
    }

    @Test func `arrays in arrays are not read, and do no harm`() throws {
        #expect(try Self.read([Array("*2\r\n*1\r\n:1\r\n:2\r\n".utf8)]) == [.array([.null, .integer(2)])])
    }

    @Test func `a command may hold any bytes`() {
        var command = RedisCommand("PUBLISH", "röom")
        command.append { $0 += [0, 13, 10] }
        command.append("")
        var bytes: [UInt8] = Array("before".utf8)
        command.append(to: &bytes)
        let expected = "before*4\r\n$7\r\nPUBLISH\r\n$5\r\nröom\r\n$3\r\n\0\r\n\r\n$0\r\n\r\n"
        #expect(bytes == Array(expected.utf8))
    }
}
