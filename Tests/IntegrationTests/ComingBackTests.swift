import Clients
import Instruments
import TestKit
import Testing

/// Clients that come back, and clients that come and go.
@Suite(.timeLimit(.minutes(1))) struct ComingBackTests {
    @Test func `a chain of connections is continued once, whichever loop they are on`() async throws {
        try await RunningGateway.run { running in
            var (client, welcome) = try await running.native("user=alice")
            #expect(!welcome.resumed)
            for place in 1...6 {
                let earlier = welcome
                await client.socket.close(code: 1001)
                try await running.log.wait(for: "connection.closed", count: place)
                (client, welcome) = try await running.native("user=alice&resume=\(welcome.resume)")
                #expect(welcome.resumed)
                let lines = try await running.log.wait(for: "connection.resumed", count: place)
                #expect(lines[place - 1][.place] == "\(place)")
                #expect(lines[place - 1][.connectionId] == welcome.connectionID)
                #expect(lines[place - 1][.earlierConnectionId] == earlier.connectionID)
                #expect(lines[place - 1][.earlierInstance] == welcome.instance)
            }
            let secret = welcome.resume
            let again = try await running.native("user=alice&resume=nonsense").welcome
            #expect(!again.resumed)
            let thief = try await running.native("user=mallory&resume=\(welcome.resume)").welcome
            #expect(!thief.resumed)
            let metrics = try await running.scrape()
            let resumed = ["outcome": "resumed", "origin": "same_instance"]
            #expect(metrics.sum("atalaya_reconnects_total", resumed) == 6)
            expectConserved(metrics)
            // At debug level, so that every line there can be is among these.
            let words = running.log.lines.state.flatMap { line in line.values.map { "\($0.1)" } }
            #expect(words.count > 100 && !words.contains { $0.contains(secret) })
        }
    }
}
