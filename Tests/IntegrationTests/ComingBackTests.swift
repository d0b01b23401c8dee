import Clients
import Foundation
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

    @Test(.enabled(if: Self.redis != nil))
    func `a token that is brought to two instances at the same moment counts at one of them`() async throws {
        let settings = ["redis.url=\(Self.redis ?? "")", "redis.prefix=test-\(UInt64.random(in: 0 ... .max)):"]
        try await RunningGateway.run(settings) { here in
            try await RunningGateway.run(settings) { there in
                for running in [here, there] {
                    try await running.log.wait(for: "redis.up")
                }
                var (client, welcome) = try await here.native("user=alice")
                for round in 1...20 {
                    // In every other round it is brought while its connection is still open.
                    if round.isMultiple(of: 2) {
                        await client.socket.close(code: 1001)
                    }
                    let query = "user=alice&resume=\(welcome.resume)"
                    async let one = here.native(query)
                    async let two = there.native(query)
                    async let three = here.native(query)
                    let answers = try await [one, two, three]
                    let resumed = answers.filter { $0.welcome.resumed }
                    try #require(resumed.count == 1)
                    for answer in answers where !answer.welcome.resumed {
                        await answer.client.socket.close(code: 1000)
                    }
                    await client.socket.close(code: 1001)
                    (client, welcome) = resumed[0]
                }
                let chain = (here.log.lines(of: "connection.resumed") + there.log.lines(of: "connection.resumed"))
                    .compactMap { $0[.place].flatMap { Int($0) } }
                #expect(chain.sorted() == Array(1...20))
            }
        }
    }

    private static let redis = ProcessInfo.processInfo.environment["ATALAYA_TEST_REDIS_URL"]
}
