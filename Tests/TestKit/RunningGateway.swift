package import Clients
package import Gateway
package import HTTPClient
import Instruments
import Reactor
import Settings

/// A whole gateway for the duration of a test: on free ports, with the memory broker, and with its log recorded.
package final class RunningGateway: Sendable {
    package struct Faulty: Error {
        package let faults: [String]
    }

    package struct NotWelcomed: Error {
        package let event: NativeEvent
    }

    /// No scrape was as a test expected.
    package struct NeverMeasured: Error, CustomStringConvertible {
        package let awaited: String
        package let last: ScrapedMetrics
        package var description: String { "never measured: \(self.awaited); at last:\n\(self.last)" }
    }

    private static let token = "integration-tests"
    private static let http = HTTPClient()

    package let gateway: Gateway
    package let log: RecordedLog

    /// Runs a gateway while `body` runs, and ends it however `body` ends.
    ///
    /// - Parameter settings: Such as `heartbeat.interval=1s`.
    package static func run(
        loops: Int = 2,
        _ settings: [String] = [],
        _ body: (RunningGateway) async throws -> Void
    ) async throws {
        let running = try RunningGateway(loops: loops, settings)
        running.gateway.start()
        do {
            try await body(running)
        } catch {
            await running.gateway.stop()
            throw error
        }
        await running.gateway.stop()
    }

    private init(loops: Int, _ settings: [String]) throws {
        let own = ["public.port=0", "management.port=0", "engine.loops=\(loops)", "management.token=\(Self.token)"]
        var reader = SettingsReader(
            flags: (own + settings).map { SettingsFlag(set: $0) },
            environment: [:],
            file: nil
        )
        let values = GatewaySettings(from: &reader, isForDevelopment: true)
        guard reader.faults.isEmpty else { throw Faulty(faults: reader.faults.map { "\($0)" }) }
        self.log = RecordedLog()
        self.gateway = try Gateway(values, log: EventLog(threshold: .debug, sink: self.log))
    }

    // MARK: - Clients

    /// A WebSocket client without a subprotocol; `path` may be for plain rooms, `/echo`, or anything else.
    package func connect(
        _ path: String,
        _ options: WebSocketClient.Options = WebSocketClient.Options()
    ) async throws -> WebSocketClient {
        try await WebSocketClient.connect(to: self.gateway.publicAddress, target: path, options: options)
    }

    /// A native client that has been welcomed.
    package func native(
        _ query: String = "",
        _ options: WebSocketClient.Options = WebSocketClient.Options()
    ) async throws -> (client: NativeClient, welcome: NativeWelcome) {
        let client = try await NativeClient.connect(to: self.gateway.publicAddress, query: query, options: options)
        let event = try await client.next()
        guard case .welcome(let welcome) = event else { throw NotWelcomed(event: event) }
        return (client, welcome)
    }

    /// A raw socket that has sent nothing yet.
    package func peer() throws -> Peer {
        try Peer(to: self.gateway.publicAddress.port)
    }

    // MARK: - Operators

    /// One request to the management listener.
    package func ask(_ method: OutgoingRequest.Method = .get, _ path: String) async throws -> HTTPAnswer {
        let headers = [(name: "Authorization", value: "Bearer \(Self.token)")]
        var request = OutgoingRequest(method, "http://\(self.gateway.managementAddress)\(path)", headers: headers)
        // A busy machine takes its time, above all under a sanitizer.
        request.timeout = .seconds(50)
        return try await Self.http.send(request)
    }

    /// A scrape for which every loop has reported.
    ///
    /// On a busy machine a loop may be late; values that need all loops, such as sums, are then left out.
    package func scrape() async throws -> ScrapedMetrics {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let metrics = ScrapedMetrics(try await self.ask(.get, "/metrics").text)
            if metrics.has("atalaya_deliveries_unaccounted") { return metrics }
            guard ContinuousClock.now < deadline else {
                throw NeverMeasured(awaited: "a report of every loop", last: metrics)
            }
        }
    }

    /// Scrapes until the numbers are as described, doing something before each look.
    @discardableResult
    package func scrape(
        until awaited: String,
        _ isFulfilled: (ScrapedMetrics) -> Bool,
        meanwhile work: () async throws -> Void = {}
    ) async throws -> ScrapedMetrics {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            try await work()
            let metrics = try await self.scrape()
            if isFulfilled(metrics) { return metrics }
            guard ContinuousClock.now < deadline else { throw NeverMeasured(awaited: awaited, last: metrics) }
            // Numbers can only be polled, and polling costs time on the loops that are to make progress.
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
