import Clients
import TestKit
import Testing
import WebSocket

/// Many clients that do as they please.
@Suite(.timeLimit(.minutes(2))) struct StormTests {
    private static let rooms = ["a", "b", "c"]

    @Test func `whatever many clients do, every delivery and every connection is accounted for`() async throws {
        var random = SeededGenerator()
        let seeds = (0..<24).map { _ in random.next() }
        try await RunningGateway.run(["queue.bytes=32KiB", "limits.closeTimeout=200ms"]) { running in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for seed in seeds {
                    tasks.addTask { try await Self.wander(SeededGenerator(seed: seed), running) }
                }
                // The numbers add up in the midst of it as well.
                for _ in 0..<10 { expectConserved(try await running.scrape()) }
                try await tasks.waitForAll()
            }
            let metrics = try await running.scrape(until: "nobody") {
                $0.sum("atalaya_connections_active") == 0 && $0.sum("atalaya_deliveries_pending") == 0
            }
            #expect(metrics.sum("atalaya_rooms_active") == 0)
            #expect(metrics.sum("atalaya_subscriptions_active") == 0)
            #expect(metrics.sum("atalaya_messages_received_total") > 0)
            expectConserved(metrics)
        }
    }

    /// Some connections of one client, one after the other.
    private static func wander(_ random: SeededGenerator, _ running: RunningGateway) async throws {
        var random = random
        for _ in 0..<4 {
            if Bool.random(using: &random) {
                try await self.livePlain(&random, running)
            } else {
                try await self.liveNative(&random, running)
            }
        }
    }

    private static func livePlain(_ random: inout SeededGenerator, _ running: RunningGateway) async throws {
        let (first, second) = (Self.room(&random), Self.room(&random))
        let echo = Bool.random(using: &random)
        let client = try await running.connect("/ws?room=\(first)&room=\(second)&echo=\(echo)")
        for _ in 0..<Int.random(in: 0..<12, using: &random) {
            switch Int.random(in: 0..<8, using: &random) {
            case 0: client.pauseReading()
            case 1: client.resumeReading()
            case 2: client.sendFrame(.ping, [1])
            case 3: client.send([UInt8](repeating: 0, count: Int.random(in: 0..<20_000, using: &random)))
            default: client.send("a message")
            }
        }
        await Self.leave(client, &random)
    }

    private static func liveNative(_ random: inout SeededGenerator, _ running: RunningGateway) async throws {
        let client = try await running.native("user=u\(Int.random(in: 0..<5, using: &random))").client
        for _ in 0..<Int.random(in: 0..<12, using: &random) {
            let room = Self.room(&random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0: try await client.subscribe(room)
            case 1: _ = try await client.ask("unsubscribe", "\"room\":\"\(room)\"")
            case 2: _ = try await client.ask("ping")
            case 3: _ = try await client.ask("nonsense")
            default: try await client.publish("[1,2]", to: room, echo: Bool.random(using: &random))
            }
        }
        await Self.leave(client.socket, &random)
    }

    private static func room(_ random: inout SeededGenerator) -> String {
        Self.rooms.randomElement(using: &random)!
    }

    private static func leave(_ client: WebSocketClient, _ random: inout SeededGenerator) async {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: client.abort()
        case 1:
            client.sendRaw([0xFF, 0xFF])
            client.resumeReading()
            _ = await client.closing()
        default:
            client.resumeReading()
            await client.close()
        }
    }
}
