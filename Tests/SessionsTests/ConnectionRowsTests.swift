import Instruments
import Messaging
import Reactor
import TestKit
import Testing

@testable import Sessions

@Suite struct ConnectionRowsTests {
    private func rows(_ stage: SessionStage, _ query: ConnectionQuery) -> [ConnectionRow] {
        stage.registry.rows(from: 0, query).rows
    }

    @Test func `a row tells all that is known of an open connection`() throws {
        let stage = try SessionStage()
        let alice = try stage.open(stage.user("alice"))
        alice.publish(#""x""#, to: "r")
        alice.ask(.subscribe(try RoomName("chat.a"), since: nil))
        let row = try #require(self.rows(stage, ConnectionQuery(limit: 10)).first)
        #expect(row.user?.text == "alice")
        #expect(row.protocolName == .native)
        #expect(row.remoteAddress == "127.0.0.1")
        #expect(row.traffic.messagesReceived == 1)
        #expect(row.rooms == 1)
        #expect(row.end == nil)
        #expect(row.roundTrips == nil)
        let details = try #require(stage.registry.details(of: row.connection))
        #expect(details.rooms.map(\.name.text) == ["chat.a"])
        #expect(details.rooms.allSatisfy { abs(Double($0.joinedAt) - Double(row.openedAt) / 1000) < 60 })
    }

    @Test func `lists are narrowed`() throws {
        let stage = try SessionStage()
        let alice = try stage.open(stage.user("alice"))
        alice.ask(.subscribe(try RoomName("r"), since: nil))
        _ = try stage.open(stage.user("bob"), .plain)
        _ = try stage.open(.anonymous)
        let alices = self.rows(stage, ConnectionQuery(user: try UserID("alice"), limit: 10))
        #expect(alices.map(\.user?.text) == ["alice"])
        #expect(self.rows(stage, ConnectionQuery(room: try RoomName("r"), limit: 10)).count == 1)
        #expect(self.rows(stage, ConnectionQuery(room: try RoomName("s"), limit: 10)).isEmpty)
        #expect(self.rows(stage, ConnectionQuery(protocolName: .plain, limit: 10)).map(\.user?.text) == ["bob"])
    }

    @Test(arguments: ConnectionQuery.Order.allCases)
    func `pages of any order make up the whole list`(_ order: ConnectionQuery.Order) throws {
        let stage = try SessionStage()
        for number in 0..<23 {
            let client = try stage.open(stage.user("u\(number % 7)"))
            for _ in 0..<(number * 5 % 8) {
                client.publish(#""x""#, to: "r")
            }
        }
        var seen: [ConnectionID] = []
        var query = ConnectionQuery(order: order, limit: 5)
        // Time stands still while the loop does not turn, so all numbers stay what they are.
        for _ in 0..<10 {
            let page = self.rows(stage, query)
            seen += page.map(\.connection)
            guard let last = page.last else { break }
            query.after = last.position(by: order)
        }
        #expect(seen.count == 23)
        #expect(Set(seen).count == 23)
        if order == .connectionId {
            #expect(seen == seen.sorted())
        }
    }

    @Test func `the last words on a connection are kept, with why it ended`() throws {
        let stage = try SessionStage()
        let alice = try stage.open(stage.user("alice"))
        alice.ask(.subscribe(try RoomName("r"), since: nil))
        alice.publish(#""x""#, to: "r")
        let id = try #require(self.rows(stage, ConnectionQuery(limit: 1)).first).connection
        try stage.cut(alice)
        #expect(self.rows(stage, ConnectionQuery(limit: 10)).isEmpty)
        let closed = stage.registry.closedRows(from: 0, ConnectionQuery(order: .closedAt, limit: 10)).rows
        #expect(closed.map(\.connection) == [id])
        #expect(closed.first?.end?.ending.reason == .abnormal)
        #expect(closed.first?.traffic.messagesReceived == 1)
        #expect(closed.first?.rooms == 1)
        #expect(stage.registry.details(of: id)?.row.end?.ending.initiator == .network)
    }

    @Test func `no more closed connections are remembered than may be, the oldest go first`() throws {
        var closed = ClosedConnections(capacity: 3)
        let stage = try SessionStage()
        var ids: [ConnectionID] = []
        for _ in 0..<5 {
            let client = try stage.open(.anonymous)
            let row = try #require(self.rows(stage, ConnectionQuery(limit: 1)).first)
            ids.append(row.connection)
            closed.append(row)
            try stage.cut(client)
            stage.driven.turn()
        }
        #expect(closed.count == 3)
        #expect(Set((0..<3).map { closed[$0].connection }) == Set(ids.suffix(3)))
        #expect(closed.row(of: ids[0]) == nil)
        #expect(closed.row(of: ids[4])?.connection == ids[4])
        var none = ClosedConnections(capacity: 0)
        none.append(closed[0])
        #expect(none.count == 0)
    }

    @Test func `what a user's ended connections left is kept while it has others`() throws {
        let stage = try SessionStage()
        let first = try stage.open(stage.user("alice"))
        let second = try stage.open(stage.user("alice"))
        first.publish(#""x""#, to: "r")
        try stage.cut(first)
        #expect(stage.users.left(of: try UserID("alice")).messagesReceived == 1)
        try stage.cut(second)
        #expect(stage.users.left(of: try UserID("alice")) == Traffic())
        #expect(stage.users.count == 0)
    }
}
