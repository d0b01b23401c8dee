import Compression
import Foundation
import HTTP
import Instruments
import Observability
import Reactor
import Settings
import Testing

@testable import HTTPServer
@testable import Management

@Suite struct ManagementRoutesTests {
    /// A drain that is wherever the test puts it.
    private final class FakeDrain: DrainControl {
        let now = Lock(DrainStatus(state: .serving, connectionsRemaining: 0))
        let begun = Lock(0)

        func begin() async {
            self.begun.withLock { $0 += 1 }
            self.now.withLock { status in
                if status.state == .serving { status = DrainStatus(state: .delaying, connectionsRemaining: 12) }
            }
        }

        func status() async -> DrainStatus {
            self.now.withLock { $0 }
        }
    }

    private final class Sink: LogSink {
        let records = Lock<[LogRecord]>([])
        func take(_ record: LogRecord) { self.records.withLock { $0.append(record) } }
    }

    private let drain = FakeDrain()
    private let sink = Sink()
    private let isReady = Lock(true)

    private func routes(token: String? = nil) throws -> ManagementRoutes {
        let isReady = self.isReady
        let checks = HealthChecks(
            live: [HealthCheck("loop-0") { .ok }, HealthCheck("loop-1") { .ok }],
            ready: [HealthCheck("draining") { isReady.withLock { $0 } ? .ok : .failed("a drain has begun") }]
        )
        return ManagementRoutes(
            version: "1.2.3",
            checks: checks,
            metrics: try MetricRegistry(
                [ManagementMetrics(checks: checks, drain: self.drain, failures: ManagementFailures())],
                limit: .seconds(30)
            ),
            drain: self.drain,
            access: ManagementAccess(token: token.map { Secret($0) }, environment: [:]),
            log: EventLog(threshold: .info, sink: self.sink)
        )
    }

    private func ask(
        _ line: String,
        _ fields: [String] = ["Host: localhost:9090"],
        token: String? = nil,
        from ip: String = "127.0.0.1"
    ) async throws -> HTTPResponse {
        let routes = try self.routes(token: token)
        let request = HTTPRequest(head: try head(line, fields), peer: try peer(ip))
        switch routes.router.match(request.head) {
        case .notFound: return HTTPProblem(.notFound).response
        case .methodNotAllowed: return HTTPProblem(.methodNotAllowed).response
        case .route(let route, _):
            if let refusal = routes.admission(request.head, route.pattern, request.peer) { return refusal }
            guard case .task(let handler) = route.handler else { return HTTPProblem(.internalServerError).response }
            return try await handler(request)
        }
    }

    @Test(arguments: ["/livez", "/readyz", "/startupz"])
    func `a probe that passes is ok, for everybody`(path: String) async throws {
        let answer = try await self.ask("GET \(path)", ["Host: 10.0.0.7:9090"], token: "t", from: "10.0.0.1")
        #expect(answer.status == .ok)
        #expect(answer.text == "ok")
        #expect(answer.headers["Content-Type"] == "text/plain; charset=utf-8")
        #expect(answer.headers["Cache-Control"] == "no-store")
    }

    @Test func `a probe that fails says why`() async throws {
        self.isReady.withLock { $0 = false }
        let answer = try await self.ask("GET /readyz")
        #expect(answer.status == .serviceUnavailable)
        #expect(answer.text == "[-]draining failed: a drain has begun\nreadyz check failed\n")
    }

    @Test(arguments: ["?verbose", "?verbose=1", "?a=b&verbose"])
    func `verbose lists each check`(query: String) async throws {
        let answer = try await self.ask("GET /livez\(query)")
        #expect(answer.status == .ok)
        #expect(answer.text == "[+]loop-0 ok\n[+]loop-1 ok\nlivez check passed\n")
    }

    @Test func `who accepts JSON gets it`() async throws {
        let fields = ["Host: localhost", "Accept: application/json"]
        let answer = try await self.ask("GET /readyz", fields)
        #expect(answer.text == #"{"checks":[{"name":"draining","status":"ok"}],"status":"ok"}"#)
        #expect(answer.headers["Content-Type"] == "application/json")
        #expect(answer.headers["Vary"] == "Accept")
        self.isReady.withLock { $0 = false }
        #expect(try await self.ask("GET /readyz", fields).status == .serviceUnavailable)
    }

    @Test func `metrics are for everybody, in the text that was asked for`() async throws {
        self.drain.now.withLock { $0 = DrainStatus(state: .closing, connectionsRemaining: 7) }
        let answer = try await self.ask("GET /metrics", ["Host: 10.0.0.7:9090"], token: "t", from: "10.0.0.1")
        #expect(answer.status == .ok)
        #expect(answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(
            answer.text == """
                # HELP atalaya_ready 1 if a check of the readiness probe passes, otherwise 0.
                # TYPE atalaya_ready gauge
                atalaya_ready{check="draining"} 1
                # HELP atalaya_drain_state 0 serving, 1 unready and waiting for load balancers to notice, 2 closing connections, 3 drained.
                # TYPE atalaya_drain_state gauge
                atalaya_drain_state 2
                # HELP atalaya_drain_connections_remaining Connections that a drain still has to close.
                # TYPE atalaya_drain_connections_remaining gauge
                atalaya_drain_connections_remaining 7
                # HELP atalaya_management_requests_failed_total Requests to the management listener that the gateway failed to answer.
                # TYPE atalaya_management_requests_failed_total counter
                atalaya_management_requests_failed_total{reason="handler_failed"} 0
                atalaya_management_requests_failed_total{reason="overloaded"} 0

                """
        )
        let open = try await self.ask("GET /metrics", ["Host: a", "Accept: application/openmetrics-text"])
        #expect(open.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8")
        #expect(open.text.hasSuffix("\n# EOF\n"))
    }

    @Test func `metrics come compressed to whoever can read that`() async throws {
        let plain = try await self.ask("GET /metrics")
        #expect(plain.headers["Content-Encoding"] == nil)
        let answer = try await self.ask("GET /metrics", ["Host: localhost", "Accept-Encoding: gzip"])
        #expect(answer.headers["Content-Encoding"] == "gzip")
        #expect(answer.headers["Vary"] == "Accept, Accept-Encoding")
        let text = plain.bytes
        #expect(answer.bytes == gzip(text.span, level: .fast))
        #expect(answer.bytes.prefix(2) == [0x1F, 0x8B])
    }

    @Test func `a drain begins once, may be asked for again, and says how far it is`() async throws {
        let first = try await self.ask("POST /api/v1/drain")
        #expect(first.status == .accepted)
        #expect(first.text == #"{"connectionsRemaining":12,"state":"delaying"}"#)
        self.drain.now.withLock { $0 = DrainStatus(state: .drained, connectionsRemaining: 0) }
        let last = try await self.ask("POST /api/v1/drain")
        #expect(last.status == .ok)
        #expect(last.text == #"{"connectionsRemaining":0,"state":"drained"}"#)
        let records = self.sink.records.withLock { $0 }
        #expect(records.map(\.event) == ["management.drain_requested"])
        #expect(records.first?.values.first?.1 == .text("127.0.0.1:51234"))
    }

    @Test func `a drain is not for strangers`() async throws {
        let stranger = try await self.ask("POST /api/v1/drain", from: "203.0.113.9")
        #expect(stranger.status == .forbidden)
        #expect(stranger.headers["Content-Type"] == "application/problem+json")
        let problem = #"{"type":"about:blank","title":"Forbidden","status":403,"detail":"only this machine is let in"#
        #expect(stranger.text.hasPrefix(problem))
        let unnamed = try await self.ask("POST /api/v1/drain", token: "t")
        #expect(unnamed.status == .unauthorized)
        #expect(unnamed.headers["WWW-Authenticate"] == #"Bearer realm="atalaya""#)
        let wrong = try await self.ask("POST /api/v1/drain", ["Host: a", "Authorization: Bearer x"], token: "t")
        #expect(wrong.headers["WWW-Authenticate"] == #"Bearer realm="atalaya", error="invalid_token""#)
        #expect(self.drain.begun.withLock { $0 } == 0)
        let named = try await self.ask("POST /api/v1/drain", ["Host: a", "Authorization: Bearer t"], token: "t")
        #expect(named.status == .accepted)
    }

    @Test(arguments: ["/", "/livez/", "/Livez", "/metrics/users", "/api/v1", "/api/v1/drain/", "/console", "//livez"])
    func `everything else is not there`(path: String) async throws {
        let answer = try await self.ask("GET \(path)")
        #expect(answer.status == .notFound)
    }

    @Test(arguments: ["POST /livez", "DELETE /metrics", "GET /api/v1/drain", "OPTIONS /api/v1/drain"])
    func `a method that a path does not take is refused`(line: String) async throws {
        #expect(try await self.ask(line).status == .methodNotAllowed)
    }

    @Test func `HEAD is answered like GET`() async throws {
        let answer = try await self.ask("HEAD /livez")
        #expect(answer.status == .ok)
    }

    @Test func `its families and events are in order`() throws {
        let metrics = ManagementMetrics(checks: HealthChecks(), drain: self.drain, failures: ManagementFailures())
        #expect(MetricRegistry.faults(of: [metrics]).isEmpty)
        #expect(EventCatalog([ManagementEvent.self]).faults.isEmpty)
    }
}

extension HTTPResponse {
    fileprivate var bytes: [UInt8] {
        if case .bytes(let bytes) = self.body { bytes } else { [] }
    }

    fileprivate var text: String {
        String(decoding: self.bytes, as: UTF8.self)
    }
}
