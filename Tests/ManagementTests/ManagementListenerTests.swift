import Foundation
import HTTP
import HTTPServer
import Instruments
import Observability
import Reactor
import Settings
import TestKit
import Testing

@testable import Management

/// The routes on a real listener with a loop of its own, beside a loop that serves clients.
@Suite(.timeLimit(.minutes(1))) struct ManagementListenerTests {
    @Test func `while a loop is stuck all is answered, and the loop is named`() async throws {
        let clients = try EventLoop(index: 1, name: "loop-1", configuration: EventLoopConfiguration())
        clients.start()
        let listener = try await Listener(watching: clients)
        #expect(try await listener.ask("GET /livez?verbose") == (200, "[+]loop-1 ok\nlivez check passed\n"))
        let release = DispatchSemaphore(value: 0)
        await withCheckedContinuation { isStuck in
            clients.execute {
                isStuck.resume()
                release.wait()
            }
        }
        let (status, text) = try await listener.ask("GET /livez")
        #expect(status == 503)
        #expect(text.hasPrefix("[-]loop-1 failed: no answer for "))
        #expect(try await listener.ask("GET /readyz") == (200, "ok"))
        let (metricsStatus, metrics) = try await listener.ask("GET /metrics")
        #expect(metricsStatus == 200)
        #expect(metrics == "# HELP atalaya_test_loops Loops.\n# TYPE atalaya_test_loops gauge\n")
        release.signal()
        // What the loop owes it answers before anything that is asked after its return.
        _ = await clients.perform {}
        #expect(try await listener.ask("GET /livez") == (200, "ok"))
        #expect(try await listener.ask("GET /metrics").text.hasSuffix("\natalaya_test_loops 1\n"))
        await listener.stop()
        clients.stop()
        clients.join()
    }

    @Test func `strangers, wrong paths and wrong methods are told so`() async throws {
        let clients = try EventLoop(index: 1, name: "loop-1", configuration: EventLoopConfiguration())
        clients.start()
        let listener = try await Listener(watching: clients)
        #expect(try await listener.ask("POST /api/v1/drain", host: "evil.example").status == 403)
        #expect(try await listener.ask("POST /api/v1/drain").status == 202)
        #expect(try await listener.ask("GET /api/v1/drain").status == 405)
        #expect(try await listener.ask("GET /console").status == 404)
        #expect(try await listener.ask("HEAD /livez") == (200, ""))
        await listener.stop()
        clients.stop()
        clients.join()
    }
}

/// Counts a loop by asking it.
private struct LoopCount: MetricSource {
    private static let family = MetricFamily("atalaya_test_loops", .gauge, "Loops.")
    let loop: EventLoop

    var families: [MetricFamily] { [Self.family] }

    func measure(into measurements: inout Measurements) async {
        if await self.loop.perform({ true }) == true { measurements.record(Self.family, [], 1) }
    }
}

private struct NoDrain: DrainControl {
    func begin() async {}
    func status() async -> DrainStatus { DrainStatus(state: .closing, connectionsRemaining: 1) }
}

/// A management listener on a free port of this machine.
private final class Listener: Sendable {
    private let loop: EventLoop
    private let port: UInt16

    init(watching clients: EventLoop) async throws {
        let watch = LoopWatch(of: clients.name, bound: .milliseconds(100), moment: .milliseconds(100)) {
            clients.execute($0)
        }
        let routes = ManagementRoutes(
            version: "1.2.3",
            checks: HealthChecks(live: [watch.check]),
            metrics: try MetricRegistry([LoopCount(loop: clients)], limit: .milliseconds(100)),
            drain: NoDrain(),
            access: ManagementAccess(token: nil, environment: [:]),
            log: EventLog(threshold: .error, sink: NoLog())
        )
        var claimed = try ListeningPort.claim(host: "127.0.0.1", port: 0)
        let socket = try claimed.open()
        self.port = claimed.address.port
        self.loop = try EventLoop(index: 0, name: "management", configuration: EventLoopConfiguration())
        let server = HTTPServer(loop: self.loop, router: routes.router)
        server.admission = routes.admission
        try self.loop.listen(socket) { server.accept($0) }
        self.loop.start()
    }

    /// One request on a connection of its own.
    func ask(_ line: String, host: String = "localhost") async throws -> (status: Int, text: String) {
        let peer = try Peer(to: self.port)
        peer.send("\(line) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
        var received: [UInt8] = []
        while let more = peer.receive() {
            received += more
            await Task.yield()
        }
        let text = String(decoding: received, as: UTF8.self)
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        let status = try #require(text.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        return (status, parts.count == 2 ? String(parts[1]) : "")
    }

    func stop() async {
        self.loop.stop()
        self.loop.join()
    }
}
