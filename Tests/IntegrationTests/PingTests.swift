import Clients
import Instruments
import TestKit
import Testing

/// Pings at their shortest interval.
@Suite(.timeLimit(.minutes(1))) struct PingTests {
    @Test func `who answers stays, who does not is given up on, and who does not read is called slow`() async throws {
        let settings = [
            "heartbeat.interval=1s", "heartbeat.timeout=3s", "limits.closeTimeout=100ms", "queue.bytes=8MiB",
        ]
        try await RunningGateway.run(settings) { running in
            var options = WebSocketClient.Options()
            options.hearsControlFrames = true
            let lively = try await running.connect("/ws?room=r", options)
            let native = try await running.native().client
            options.answersPings = false
            let mute = try await running.connect("/ws?room=q", options)
            // The far end of a broken link: it neither reads nor says anything.
            let gone = try await running.connect("/ws?room=p")
            gone.pauseReading()
            let stalled = try await running.connect("/ws?room=s")
            stalled.pauseReading()
            let publisher = try await running.connect("/ws?room=s&echo=false")
            for _ in 0..<20 { publisher.send([UInt8](repeating: 0, count: 100_000)) }

            guard case .ping = try await mute.next() else {
                Issue.record("the first frame is a ping")
                return
            }
            let closing = await mute.closing()
            #expect(closing.code == 4408)
            try await running.log.wait(
                for: "connection.closed",
                count: 2,
                where: [.reason: "ping_timeout", .initiator: "network"]
            )
            try await running.log.wait(for: "connection.closed", where: [.reason: "slow_consumer"])

            for _ in 0..<2 {
                guard case .ping = try await lively.next() else {
                    Issue.record("only pings arrive")
                    return
                }
            }
            #expect(try await native.ask("ping") == .pong(id: "1"))
            let metrics = try await running.scrape()
            #expect(metrics.sum("atalaya_ping_rtt_seconds_count", ["protocol": "plain"]) >= 1)
            #expect(metrics.sum("atalaya_connections_closed_total", ["reason": "slow_consumer"]) == 1)
            #expect(metrics.sum("atalaya_connections_closed_total", ["reason": "ping_timeout"]) == 2)
            #expect(metrics.sum("atalaya_connections_active") == 3)
            await publisher.close()
            expectConserved(metrics)
        }
    }
}
