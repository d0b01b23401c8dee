import Clients
import Foundation
import HTTPClient
import Instruments
import TestKit
import Testing

/// What operators are told of single connections and users.
@Suite(.timeLimit(.minutes(1))) struct InspectorTests {
    private func json(_ running: RunningGateway, _ path: String, status: Int = 200) async throws -> [String: Any] {
        let answer = try await running.ask(.get, path)
        #expect(answer.status == status, "\(path): \(answer.text)")
        let value = try JSONSerialization.jsonObject(with: Data(answer.body))
        return try #require(value as? [String: Any])
    }

    private func ids(_ list: [String: Any]) -> [String] {
        (list["connections"] as? [[String: Any]] ?? []).compactMap { $0["connectionId"] as? String }
    }

    @Test func `pages of a list make up all connections of all loops`() async throws {
        try await RunningGateway.run(loops: 3) { running in
            var clients: [NativeClient] = []
            var all: Set<String> = []
            for number in 0..<11 {
                let (client, welcome) = try await running.native("user=u\(number)")
                clients.append(client)
                all.insert(welcome.connectionID)
            }
            for sort in ["connectionId", "bytesSent", "durationMs", "rooms"] {
                var seen: [String] = []
                var cursor = ""
                repeat {
                    let more = cursor.isEmpty ? "" : "&cursor=\(cursor)"
                    let page = try await self.json(running, "/api/v1/connections?limit=4&sort=\(sort)\(more)")
                    seen += self.ids(page)
                    cursor = page["cursor"] as? String ?? ""
                } while !cursor.isEmpty && seen.count < 100
                #expect(Set(seen) == all)
                #expect(seen.count == 11)
            }
            let foreign = try await self.json(running, "/api/v1/connections?limit=4")["cursor"] as? String
            let problem = try await self.json(
                running,
                "/api/v1/connections?limit=4&sort=bytesSent&cursor=\(try #require(foreign))",
                status: 400
            )
            #expect(problem["parameter"] as? String == "cursor")
            withExtendedLifetime(clients) {}
        }
    }

    @Test func `a connection is shown in full, and remembered when it has ended`() async throws {
        try await RunningGateway.run { running in
            let (client, welcome) = try await running.native("user=alice")
            _ = try await client.subscribe("chat.lobby")
            let address = "/api/v1/connections/\(welcome.connectionID)"
            let open = try await self.json(running, address)
            #expect(open["state"] as? String == "open")
            #expect((open["memberships"] as? [[String: Any]])?.first?["room"] as? String == "chat.lobby")
            #expect(open["tcpRttMs"] is Double)
            #expect(open["slowAt"] as? String == "none")
            let path = try #require(open["path"] as? [String: Any])
            #expect((path["sentence"] as? String)?.isEmpty == false)
            let user = try await self.json(running, "/api/v1/users/alice")
            #expect(user["connectionCount"] as? Int == 1)
            await client.socket.close(code: 1001)
            try await running.log.wait(for: "connection.closed", count: 1)
            let closed = try await self.json(running, address)
            #expect(closed["slowAt"] == nil)
            #expect(closed["state"] as? String == "closed")
            #expect(closed["reason"] as? String == "going_away")
            #expect(closed["initiator"] as? String == "client")
            #expect(closed["closeCode"] as? Int == 1001)
            let list = try await self.json(running, "/api/v1/connections?state=closed&user=alice")
            #expect(self.ids(list) == [welcome.connectionID])
            let gone = try await self.json(running, "/api/v1/users/alice")
            #expect(gone["connectionCount"] as? Int == 0)
            _ = try await self.json(running, "/api/v1/users/nobody", status: 404)
            _ = try await self.json(running, "/api/v1/connections/01ARZ3NDEKTSV4RRFFQ69G5FAV", status: 404)
        }
    }

    @Test func `series of single users and connections stay within the budget, and add up`() async throws {
        let settings = ["metrics.seriesBudget.users=2", "metrics.seriesBudget.connections=3"]
        try await RunningGateway.run(settings) { running in
            var clients: [WebSocketClient] = []
            for number in 0..<6 {
                clients.append(try await running.connect("/ws?room=r&user=u\(number % 4)"))
            }
            for _ in 0..<5 {
                clients[0].send("hello")
            }
            let metrics = try await running.scrape(until: "all deliveries") { metrics in
                metrics.sum("atalaya_messages_sent_total") == 30
                    && metrics.sum("atalaya_user_messages_sent_total") == 30
            }
            #expect(metrics.sum("atalaya_connection_messages_sent_total") == 30)
            #expect(metrics.sum("atalaya_user_messages_received_total") == 5)
            #expect(metrics.sum("atalaya_connection_info") == 3)
            #expect(metrics.sum("atalaya_metrics_series", ["scope": "user"]) == 2)
            #expect(metrics.sum("atalaya_metrics_series_hidden", ["scope": "user"]) == 2)
            #expect(metrics.sum("atalaya_metrics_series_hidden", ["scope": "connection"]) == 3)
            let all = ScrapedMetrics(try await running.ask(.get, "/metrics/users").text)
            #expect(all.sum("atalaya_user_messages_sent_total") == 30)
            #expect(all.sum("atalaya_user_connections") == 6)
            let some = ScrapedMetrics(try await running.ask(.get, "/metrics/connections?user=u1").text)
            #expect(some.sum("atalaya_connection_info") == 2)
            for client in clients {
                await client.close(code: 1000)
            }
            try await running.scrape(until: "nobody is left") { metrics in
                metrics.sum("atalaya_connection_info") == 0
                    && metrics.sum("atalaya_user_messages_sent_total") == 30
                    && metrics.sum("atalaya_metrics_series_hidden") == 0
            }
        }
    }
}
