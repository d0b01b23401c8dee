import Clients
import Instruments
import TestKit
import Testing

/// Rooms whose members are on two event loops, over real sockets.
@Suite(.timeLimit(.minutes(1))) struct RoomsOfAGatewayTests {
    /// Plain members of a room, so many that both loops have some.
    private func members(of room: String, on running: RunningGateway) async throws -> [WebSocketClient] {
        var members: [WebSocketClient] = []
        var loops = 0
        while loops < 2 {
            try #require(members.count < 100, "the kernel spreads connections over the loops")
            members.append(try await running.connect("/ws?room=\(room)&echo=false"))
            // A message is observed once a loop that has members.
            let before = try await running.scrape().sum("atalaya_fanout_recipients_count")
            members[0].send("who is there")
            let after = try await running.scrape(until: "a message that all have got") { metrics in
                metrics.sum("atalaya_messages_received_total", ["protocol": "plain"]) == members.count
                    && metrics.sum("atalaya_deliveries_pending") == 0
                    && metrics.sum("atalaya_fanout_recipients_sum") == (1...members.count).reduce(0, +)
            }
            loops = after.sum("atalaya_fanout_recipients_count") - before
        }
        for (index, member) in members.enumerated().dropFirst() {
            for _ in index..<members.count { #expect(try await member.next() == .text("who is there")) }
        }
        return members
    }

    @Test func `both protocols of both loops get a message once, the publisher only where it wants`() async throws {
        try await RunningGateway.run { running in
            let plain = try await self.members(of: "r", on: running)
            let native = try await running.native("user=nan").client
            try await native.subscribe("r")

            plain[0].send("{\"a\": 1}")
            #expect(try await native.nextMessage().data == "{\"a\": 1}")
            let id = try await native.publish("\"two\"", to: "r")
            let own = try await native.nextMessage()
            #expect(own.id == id && own.from == "nan" && own.data == "\"two\"")
            try await native.publish("\"three\"", to: "r", echo: false)
            try await native.publish("\"four\"", to: "r")
            #expect(try await native.nextMessage().data == "\"four\"")
            for (index, member) in plain.enumerated() {
                let heard = (index == 0 ? [] : ["{\"a\": 1}"]) + ["two", "three", "four"]
                for text in heard { #expect(try await member.next() == .text(text)) }
            }

            let metrics = try await running.scrape(until: "no message under way") {
                $0.sum("atalaya_deliveries_pending") == 0
            }
            // Each that asked who is there, and the plain one of the four, wanted no echo.
            let excluded = ["protocol": "plain", "outcome": "sender_excluded"]
            #expect(metrics.sum("atalaya_deliveries_total", excluded) == plain.count + 1)
            #expect(metrics.sum("atalaya_deliveries_total", ["protocol": "native", "outcome": "sender_excluded"]) == 1)
            #expect(metrics.sum("atalaya_rooms_active") == 1)
            #expect(metrics.sum("atalaya_subscriptions_active") == plain.count + 1)
            expectConserved(metrics)
        }
    }

    @Test func `each publisher's messages keep their order for every member`() async throws {
        try await RunningGateway.run { running in
            let members = try await self.members(of: "r", on: running)
            let publishers = try await [running.connect("/ws?room=r"), running.connect("/ws?room=r")]
            let count = 300
            for number in 0..<count {
                for (index, publisher) in publishers.enumerated() { publisher.send("\(index) \(number)") }
            }
            for member in members + publishers {
                var next = [0, 0]
                for _ in 0..<2 * count {
                    guard case .text(let text) = try await member.next() else { throw Heard.binary }
                    let numbers = text.split(separator: " ").compactMap { Int($0) }
                    #expect(numbers[1] == next[numbers[0]])
                    next[numbers[0]] = numbers[1] + 1
                }
                #expect(next == [count, count])
            }
            expectConserved(try await running.scrape())
        }
    }

    @Test func `echo gives back what it gets, of every length`() async throws {
        try await RunningGateway.run { running in
            let client = try await running.connect("/echo")
            for count in [0, 1, 125, 126, 65_535, 65_536, 900_000] {
                let bytes = [UInt8](repeating: 7, count: count)
                client.send(bytes)
                let isSame = try await client.next() == .binary(bytes)
                #expect(isSame, "\(count) bytes")
            }
            let closing = await client.close(code: 4000, reason: "enough")
            #expect(closing.code == 4000)
            let closed = try await running.log.wait(for: "connection.closed")
            #expect(closed[0][.initiator] == "client" && closed[0][.closeCode] == "4000")
        }
    }

    private enum Heard: Error {
        case binary
    }
}

/// Nothing is lost from the counting, whatever goes on just now.
func expectConserved(_ metrics: ScrapedMetrics, _ location: SourceLocation = #_sourceLocation) {
    let names = ["atalaya_deliveries_unaccounted", "atalaya_connections_discrepancy"]
    for name in names {
        #expect(metrics.has(name) && metrics.sum(name) == 0, sourceLocation: location)
    }
}
