import HTTP
import Instruments
import Messaging
import Rooms
import TestKit
import Testing

@testable import HTTPServer
@testable import Management

@Suite(.timeLimit(.minutes(1))) struct PublishEndpointTests {
    /// Answers each publication as the test says, or not at all.
    private final class FakeBroker: Broker {
        let name = "fake"
        let health: BrokerHealth
        let counts = BrokerCounts()
        let fleet = FleetStatus()
        let isHolding = false
        let published = Lock<[Message]>([])
        private let result: PublicationReceipt.Result?
        private let hub: RoomHub

        init(_ hub: RoomHub, _ result: PublicationReceipt.Result?, health: BrokerHealth = .up) {
            self.hub = hub
            self.result = result
            self.health = health
        }

        func start(delivering sink: any BrokerSink, answering responder: any FleetResponder) {}
        func reconsider(_ rooms: [RoomName]) {}
        func stop() {}

        func publish(_ publications: [Publication]) {
            self.published.withLock { $0 += publications.map(\.message) }
            guard let result = self.result else { return }
            self.hub.settled(publications.map { PublicationReceipt(of: $0, result) })
        }

        func ask(_ question: FleetQuestion, within patience: Duration) async -> FleetAnswers {
            FleetAnswers([], isEverybody: false)
        }
    }

    private let hub = RoomHub(directory: RoomDirectory())
    private let log = RecordedLog()

    private func publish(
        _ broker: FakeBroker,
        _ fields: [String] = [],
        _ body: String = "hi",
        patience: Duration = .seconds(30)
    ) async throws -> HTTPResponse {
        let publisher = OperatorPublisher(
            broker: broker,
            requests: self.hub.requests,
            patience: patience,
            wallNanoseconds: { 1_700_000_000_123_456_789 }
        )
        let endpoint = PublishEndpoint(
            publisher,
            maximumBytes: 100,
            maximumJSONDepth: 8,
            log: EventLog(threshold: .debug, sink: self.log)
        )
        let request = HTTPRequest(
            head: try head("POST /api/v1/rooms/lobby/messages", ["Host: a"] + fields),
            parameters: ["room": "lobby"],
            body: Array(body.utf8),
            peer: try peer()
        )
        #expect(endpoint.declaration.body?.maximumBytes == 100)
        return try await endpoint.answer(request)
    }

    @Test func `what the broker takes is answered with its id`() async throws {
        let broker = FakeBroker(self.hub, .accepted)
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let answer = try await self.publish(broker, ["Content-Type: application/json", "traceparent: \(trace)"], "[1]")
        let message = try #require(broker.published.withLock { $0.first })
        guard case .bytes(let bytes) = answer.body else { throw Nothing() }
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"id":"\#(message.id)"}"#)
        #expect(answer.status == .ok)
        #expect(message.room == (try RoomName("lobby")))
        #expect(message.payload == Array("[1]".utf8))
        #expect(message.kind == .json)
        #expect(message.from == nil)
        #expect(message.sender == nil)
        #expect(message.acceptedAt == 1_700_000_000_123_456_789)
        #expect(message.trace?.traceparent == trace)
        let line = try #require(self.log.lines(of: "management.message_published").first)
        #expect(line[.room] == "lobby")
        #expect(line[.messageId] == message.id.text)
        #expect(line[.remoteAddress] == "127.0.0.1")
        #expect(line.level == .debug)
    }

    @Test func `a traceparent that is none is ignored`() async throws {
        let broker = FakeBroker(self.hub, .accepted)
        _ = try await self.publish(broker, ["traceparent: 00-zz-01"])
        #expect(broker.published.withLock { $0.first }?.trace == nil)
    }

    @Test(arguments: [
        (PublicationReceipt.Result.forbidden, 403, "forbidden"), (.tooBig, 413, "too_big"),
        (.unavailable, 503, "broker_unavailable"),
    ])
    func `what the broker refuses is a problem that names the message`(
        result: PublicationReceipt.Result,
        status: UInt16,
        reason: String
    ) async throws {
        let broker = FakeBroker(self.hub, result, health: .down(reason: "no route to Redis"))
        let problem = try await #require(throws: HTTPProblem.self) { try await self.publish(broker) }
        let message = try #require(broker.published.withLock { $0.first })
        #expect(problem.status.code == status)
        #expect(problem.members.map(\.name) == ["messageId"])
        #expect(problem.members.map(\.value) == [message.id.text])
        #expect(problem.headers["Retry-After"] == (status == 503 ? "1" : nil))
        #expect((problem.detail ?? "").hasSuffix("no route to Redis") == (status == 503))
        let line = try #require(self.log.lines(of: "management.publication_refused").first)
        #expect(line[.reason] == reason)
        #expect(line[.messageId] == message.id.text)
        #expect(line[.error] == problem.detail)
    }

    @Test func `a broker that says nothing is not waited for without end`() async throws {
        let broker = FakeBroker(self.hub, nil)
        let problem = try await #require(throws: HTTPProblem.self) {
            try await self.publish(broker, patience: .milliseconds(20))
        }
        #expect(problem.status == .serviceUnavailable)
    }

    @Test func `a body that is not as declared reaches no broker`() async throws {
        let broker = FakeBroker(self.hub, .accepted)
        let problem = try await #require(throws: HTTPProblem.self) {
            try await self.publish(broker, ["Content-Type: application/json"], "{")
        }
        #expect(problem.status == .badRequest)
        #expect(broker.published.withLock { $0.isEmpty })
    }

    private struct Nothing: Error {}
}
