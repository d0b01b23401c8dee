import Foundation
import HTTP
import Instruments
import Messaging
import Observability
import TestKit
import Testing

@testable import HTTPServer
@testable import Management

/// A list of numbers over one instance or several, asked as operators ask.
@Suite(.timeLimit(.minutes(1))) struct ListEndpointTests {
    private struct Numbers: ListEndpoint {
        static let rowsName = "numbers"
        let fleet: FleetInquirer
        let rows: [NumberRow]

        var declaration: EndpointDeclaration {
            Self.declaration("numbers", "/numbers", "Numbers.", filters: [Parameter<RoomName?>.room("Unused.")])
        }

        func read(_ request: HTTPRequest, into window: inout ListWindow<NumberRow>) async throws {
            for row in self.rows { window.offer(row) }
        }
    }

    private struct NoDrain: DrainControl {
        func begin() async {}
        func status() async -> DrainStatus { DrainStatus(state: .serving, connectionsRemaining: 0) }
    }

    private final class Closer: ConnectionCloser {
        let orders = Lock<[ClosingOrder]>([])
        let closed: Int?

        init(closing closed: Int?) { self.closed = closed }

        func close(_ order: ClosingOrder) async throws -> ClosingCount {
            self.orders.withLock { $0.append(order) }
            guard let closed = self.closed else { throw HTTPProblem(.serviceUnavailable) }
            return ClosingCount(closed: closed)
        }
    }

    /// Passes each question to several desks, as a bus would.
    private final class Bus: Broker {
        let name = "bus"
        let health = BrokerHealth.up
        let counts = BrokerCounts()
        let fleet = FleetStatus()
        let isHolding = false
        let desks = Lock<[(instance: String, desk: any FleetResponder)]>([])
        let silent: [String]

        init(silent: [String] = []) { self.silent = silent }

        func start(delivering sink: any BrokerSink, answering responder: any FleetResponder) {}
        func reconsider(_ rooms: [RoomName]) {}
        func publish(_ publications: [Publication]) {}
        func stop() {}

        func ask(_ question: FleetQuestion, within patience: Duration) async -> FleetAnswers {
            var replies: [(instance: String, reply: FleetReply)] = []
            for (instance, desk) in self.desks.withLock({ $0 }) {
                replies.append((instance, await desk.answer(question)))
            }
            return FleetAnswers(replies, unanswered: self.silent, isEverybody: true)
        }
    }

    private func desk(_ endpoint: any Endpoint, _ closer: Closer = Closer(closing: 0)) throws -> FleetDesk {
        let routes = ManagementRoutes(
            version: "1",
            checks: HealthChecks(),
            metrics: try MetricRegistry([]),
            drain: NoDrain(),
            access: ManagementAccess(token: nil, environment: [:]),
            log: EventLog(threshold: .error, sink: NoLog()),
            more: [endpoint]
        )
        return FleetDesk(routes: routes, closer: closer)
    }

    private func ask(_ endpoint: some Endpoint, _ query: String) async throws -> [String: Any] {
        let request = HTTPRequest(head: try head("GET /numbers\(query)"), peer: try peer())
        try endpoint.declaration.check(request)
        guard case .bytes(let bytes) = try await endpoint.answer(request).body else { return [:] }
        return try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    private func names(_ answer: [String: Any]) -> [String] {
        ((answer["numbers"] as? [[String: Any]]) ?? []).compactMap { $0["name"] as? String }
    }

    private let few = (1...5).map { NumberRow(name: "n\($0)", size: Double($0 % 3)) }

    @Test func `a list is sorted and comes page by page`() async throws {
        let list = Numbers(fleet: FleetInquirer(Bus(), instance: "a"), rows: self.few)
        let whole = try await self.ask(list, "")
        #expect(self.names(whole) == ["n2", "n5", "n1", "n4", "n3"])
        #expect(Set(whole.keys) == ["numbers"])
        #expect(self.names(try await self.ask(list, "?sort=name")) == ["n1", "n2", "n3", "n4", "n5"])
        let first = try await self.ask(list, "?limit=3")
        let cursor = try #require(first["cursor"] as? String)
        #expect(self.names(first) == ["n2", "n5", "n1"])
        let second = try await self.ask(list, "?limit=2&cursor=\(cursor)")
        #expect(self.names(second) == ["n4", "n3"])
        #expect(second["cursor"] == nil)
    }

    @Test func `a cursor from elsewhere is refused`() async throws {
        let list = Numbers(fleet: FleetInquirer(Bus(), instance: "a"), rows: self.few)
        let cursor = try #require(try await self.ask(list, "?limit=1&room=x")["cursor"] as? String)
        #expect(self.names(try await self.ask(list, "?limit=1&cursor=\(cursor)&room=x")) == ["n5"])
        let elsewhere = Numbers(fleet: FleetInquirer(Bus(), instance: "b"), rows: self.few)
        for (list, query) in [
            (list, "?limit=1"), (list, "?room=y"), (list, "?room=x&sort=name"), (list, "?room=x&scope=fleet"),
            (elsewhere, "?room=x"),
        ] {
            let problem = try await #require(throws: HTTPProblem.self) {
                _ = try await self.ask(list, query + "&cursor=\(cursor)")
            }
            #expect(problem.status == .badRequest)
            #expect(problem.members.map(\.value) == ["cursor"])
        }
        for garbage in ["", "x", "e30", String(cursor.dropLast()), cursor + "A", String(repeating: "e", count: 3000)] {
            let problem = try await #require(throws: HTTPProblem.self) {
                _ = try await self.ask(list, "?room=x&cursor=\(garbage)")
            }
            #expect(problem.status == .badRequest)
        }
    }

    @Test func `a list of the fleet has the rows of all, and says who did not answer`() async throws {
        let bus = Bus(silent: ["d"])
        let lists = ["a", "b", "c"].enumerated().map { index, instance in
            Numbers(
                fleet: FleetInquirer(bus, instance: instance),
                rows: self.few.map { NumberRow(name: $0.name + instance, size: $0.size + Double(index) / 10) }
            )
        }
        let desks = try lists.map { (instance: $0.fleet.instance, desk: try self.desk($0) as any FleetResponder) }
        bus.desks.withLock { $0 = Array(desks.prefix(2)) + [(instance: "c", desk: SilentResponder())] }
        let here = lists[0]
        var seen: [String] = []
        var query = "?scope=fleet&limit=3"
        while true {
            let answer = try await self.ask(here, query)
            #expect(answer["complete"] as? Bool == false)
            #expect(answer["unanswered"] as? [String] == ["c", "d"])
            seen += self.names(answer)
            guard let cursor = answer["cursor"] as? String else { break }
            query = "?scope=fleet&limit=3&cursor=\(cursor)"
        }
        #expect(seen == ["n2b", "n5b", "n2a", "n5a", "n1b", "n4b", "n1a", "n4a", "n3b", "n3a"])
        bus.desks.withLock { $0 = desks }
        #expect(try await self.ask(here, "?scope=fleet")["unanswered"] as? [String] == ["d"])
    }

    @Test(arguments: [
        "/numbers?limit=0", "/numbers?cursor=x", "/nothing", "/livez", "/numbers HTTP/1.1\r\nX: y", "", "//",
        "/numbers%",
        "http://[", "*",
    ])
    func `the fleet is told nothing where there is nothing to tell`(target: String) async throws {
        let desk = try self.desk(Numbers(fleet: FleetInquirer(Bus(), instance: "a"), rows: self.few))
        switch await desk.answer(try FleetQuestion(.inspect, Array(target.utf8))) {
        case .refused(let reason): #expect(reason == .notSupported)
        case .answered(let body):
            #expect(String(decoding: body, as: UTF8.self) == #"{"status":400}"#)
        }
    }

    @Test func `an order to close is passed on as it was given, and nothing else is obeyed`() async throws {
        let closer = Closer(closing: 3)
        let desk = try self.desk(Numbers(fleet: FleetInquirer(Bus(), instance: "a"), rows: []), closer)
        let connection = ConnectionID(ULID(high: 1, low: 2))
        let orders = [
            ClosingOrder(.connection(connection), code: 4000, reason: "enough"),
            ClosingOrder(.user(try UserID("anna")), code: 1008, reason: ""),
        ]
        for order in orders {
            let reply = await desk.answer(try FleetQuestion(.close, ManagementJSON.encode(order)))
            #expect(reply == .answered(Array(#"{"answer":{"closed":3},"status":200}"#.utf8)))
        }
        #expect(closer.orders.withLock { $0 } == orders)
        let long = String(repeating: "x", count: 124)
        for wrong in [
            "", "{}", #"{"user":"_inner","code":1008,"reason":""}"#, #"{"user":"a","code":1005,"reason":""}"#,
            #"{"connection":"x","code":1008,"reason":""}"#, #"{"user":"a","code":1008,"reason":"\#(long)"}"#,
        ] {
            #expect(await desk.answer(try FleetQuestion(.close, Array(wrong.utf8))) == .refused(.failed))
        }
        #expect(closer.orders.withLock { $0.count } == 2)
        let stuck = try self.desk(Numbers(fleet: FleetInquirer(Bus(), instance: "a"), rows: []), Closer(closing: nil))
        #expect(await stuck.answer(try FleetQuestion(.close, ManagementJSON.encode(orders[0]))) == .refused(.late))
        #expect(await desk.answer(try FleetQuestion(.debug)) == .refused(.notSupported))
    }

    @Test func `a connection that is here is closed without asking anybody`() async throws {
        let bus = Bus(silent: ["b"])
        let closer = Closer(closing: 1)
        let closing = OperatorCloser(
            here: closer,
            fleet: FleetInquirer(bus, instance: "a"),
            log: EventLog(threshold: .error, sink: NoLog())
        )
        let request = HTTPRequest(head: try head("DELETE /x?reason=go"), peer: try peer())
        let answer = try await closing.close(.connection(ConnectionID(ULID(high: 1, low: 2))), request)
        #expect(answer.closed == 1 && answer.complete && answer.unanswered.isEmpty)
        #expect(closer.orders.withLock { $0.map(\.reason) } == ["go"])
    }

    @Test func `what is nowhere is a 404 if all have answered, else it is not known`() async throws {
        let request = HTTPRequest(head: try head("DELETE /x"), peer: try peer())
        for (silent, status, detail) in [
            ([], 404, "user anna has no open connection on any instance"),
            (
                ["b"], 504,
                "user anna has no open connection on the instances that answered, and not every instance did: b"
            ),
        ] as [([String], UInt16, String)] {
            let closing = OperatorCloser(
                here: Closer(closing: 0),
                fleet: FleetInquirer(Bus(silent: silent), instance: "a"),
                log: EventLog(threshold: .error, sink: NoLog())
            )
            let problem = try await #require(throws: HTTPProblem.self) {
                _ = try await closing.close(.user(try UserID("anna")), request)
            }
            #expect(problem.status.code == status)
            #expect(problem.detail == detail)
        }
        let stuck = OperatorCloser(
            here: Closer(closing: nil),
            fleet: FleetInquirer(Bus(), instance: "a"),
            log: EventLog(threshold: .error, sink: NoLog())
        )
        let problem = try await #require(throws: HTTPProblem.self) {
            _ = try await stuck.close(.connection(ConnectionID(ULID(high: 1, low: 2))), request)
        }
        #expect(problem.status == .serviceUnavailable)
    }
}
