import Clients
import Instruments
import TestKit
import Testing

/// Clients that do not read, and what becomes of the messages for them.
@Suite(.timeLimit(.minutes(1))) struct StalledClientTests {
    private static let count = 60

    /// A room of a member that does not read and one that does, after messages of 16 KiB that do not fit the former's
    /// queue; all of them have reached the latter.
    private func stall(
        _ policy: String,
        _ body: (RunningGateway, _ stalled: WebSocketClient) async throws -> Void
    ) async throws {
        try await RunningGateway.run(["queue.policy=\(policy)", "queue.bytes=64KiB"]) { running in
            let stalled = try await running.connect("/ws?room=r")
            stalled.pauseReading()
            let prompt = try await running.connect("/ws?room=r&echo=false")
            let publisher = try await running.connect("/ws?room=r&echo=false")
            for number in 0..<Self.count {
                publisher.send(Self.message(number))
                let isNext = try await prompt.next() == .binary(Self.message(number))
                #expect(isNext, "message \(number)")
            }
            expectConserved(try await running.scrape())
            try await body(running, stalled)
        }
    }

    private static func message(_ number: Int) -> [UInt8] {
        [UInt8](repeating: UInt8(number), count: 16 << 10)
    }

    /// The numbers of all messages that a client gets once it reads again.
    private func read(_ client: WebSocketClient, on running: RunningGateway) async throws -> [Int] {
        client.resumeReading()
        let metrics = try await running.scrape(until: "empty queues") { $0.sum("atalaya_deliveries_pending") == 0 }
        let dropped = metrics.sum("atalaya_deliveries_total", ["outcome": "dropped_slow_consumer"])
        #expect(dropped > 0)
        #expect(metrics.sum("atalaya_deliveries_total", ["outcome": "written"]) == 2 * Self.count - dropped)
        #expect(metrics.sum("atalaya_connections_closed_total") == 0)
        expectConserved(metrics)
        var numbers: [Int] = []
        for _ in 0..<(Self.count - dropped) {
            guard case .binary(let bytes) = try await client.next() else { break }
            #expect(bytes.count == 16 << 10)
            numbers.append(Int(bytes[0]))
        }
        return numbers
    }

    @Test func `the newest messages are dropped`() async throws {
        try await self.stall("dropNewest") { running, stalled in
            let numbers = try await self.read(stalled, on: running)
            #expect(numbers == Array(0..<numbers.count))
        }
    }

    @Test func `the oldest messages that wait are dropped`() async throws {
        try await self.stall("dropOldest") { running, stalled in
            let numbers = try await self.read(stalled, on: running)
            #expect(numbers == numbers.sorted() && numbers.first == 0 && numbers.last == Self.count - 1)
        }
    }

    @Test func `the connection is closed, and says why to one that reads at last`() async throws {
        try await self.stall("close") { running, stalled in
            _ = try await running.scrape(until: "its goodbye") {
                $0.sum("atalaya_connections_closed_total", ["reason": "slow_consumer"]) == 1
            }
            stalled.resumeReading()
            let closing = await stalled.closing()
            #expect(closing.code == 4413)
            try await running.log.wait(
                for: "connection.closed",
                where: [.reason: "slow_consumer", .room: "r", .initiator: "server"]
            )
            let metrics = try await running.scrape()
            #expect(metrics.sum("atalaya_connections_active") == 2)
            #expect(metrics.sum("atalaya_subscriptions_active") == 2)
            expectConserved(metrics)
        }
    }

    @Test func `publishers wait while the instance's queues are nearly full, and nothing is lost`() async throws {
        try await RunningGateway.run(["queue.bytes=4MiB", "queue.totalBytes=1MiB"]) { running in
            let stalled = try await running.connect("/ws?room=r")
            stalled.pauseReading()
            try await withThrowingTaskGroup(of: Void.self) { publishers in
                for name in 0..<2 {
                    publishers.addTask { try await Self.publish(as: name, running) }
                }
                // From three quarters of the bound publishers are no longer read.
                let full = try await running.scrape(until: "pressure") {
                    $0.sum("atalaya_send_queue_bytes") > 3 << 18
                }
                #expect(full.sum("atalaya_messages_received_total") < 2 * Self.count)
                expectConserved(full)
                stalled.resumeReading()
                try await publishers.waitForAll()
            }
            var next = [0, 0]
            for _ in 0..<2 * Self.count {
                guard case .text(let text) = try await stalled.next() else { break }
                let numbers = text.split(separator: " ").prefix(2).compactMap { Int($0) }
                #expect(numbers[1] == next[numbers[0]])
                next[numbers[0]] = numbers[1] + 1
            }
            #expect(next == [Self.count, Self.count])
            let metrics = try await running.scrape(until: "empty queues") { $0.sum("atalaya_deliveries_pending") == 0 }
            #expect(metrics.sum("atalaya_deliveries_total", ["outcome": "written"]) == 2 * Self.count)
            #expect(metrics.sum("atalaya_connections_closed_total", ["initiator": "server"]) == 0)
            expectConserved(metrics)
        }
    }

    /// Publishes messages of 16 KiB, each when the one before was accepted.
    private static func publish(as name: Int, _ running: RunningGateway) async throws {
        let client = try await running.native().client
        let filling = String(repeating: "x", count: 16 << 10)
        for number in 0..<Self.count {
            try await client.publish("\"\(name) \(number) \(filling)\"", to: "r")
        }
        await client.socket.close()
    }
}
