import Foundation
import HTTPServer
import Instruments
import Management
import Messaging
import Observability
import Reactor
import Rooms
import Sessions

/// The operators' listener, on a loop of its own: it answers whatever the clients' loops do.
final class ManagementLoop: Sendable {
    private let loop: EventLoop
    private let server: LoopBound<HTTPServer>
    private let isStarted: Lock<Bool>
    /// Answers what the fleet asks.
    let desk: FleetDesk
    private let census: Census
    private let windows = Lock<Task<Void, Never>?>(nil)

    init(
        index: Int,
        _ settings: GatewaySettings,
        clients: [ClientLoop],
        directory: RoomDirectory,
        users: UserDirectory,
        instance: String,
        broker: any Broker,
        requests: PublishingRequests,
        drain: Drain,
        writer: LogWriter?,
        log: EventLog
    ) throws(GatewayFault) {
        do throws(ReactorError) {
            let kept = DescriptorShares.keptFromOperators(of: ProcessLimits.descriptors)
            let configuration = EventLoopConfiguration(descriptorsKeptBack: kept)
            self.loop = try EventLoop(index: index, name: "management", configuration: configuration)
        } catch {
            throw GatewayFault(engine: error)
        }
        let isStarted = Lock(false)
        self.isStarted = isStarted
        let checks = Self.checks(clients, broker, drain, isStarted)
        let failures = ManagementFailures()
        let census = Census(
            clients.map(\.registry),
            users: users,
            settings: settings.series,
            now: EventLoop.clock
        )
        self.census = census
        let inspector = Inspector(
            instance: instance,
            loops: clients.map(\.registry),
            users: users,
            patience: LoopReports.patience
        )
        var sources: [any MetricSource] = [
            LoopMetrics(LoopReports(of: clients, log: log), directory, users),
            CensusMetricSource(census),
            BrokerMetricSource(broker: broker),
            ManagementMetrics(checks: checks, drain: drain, failures: failures),
            BuildMetrics(version: Version.number, commit: Version.commit, configurationHash: settings.fingerprint),
            ProcessMetrics(),
        ]
        if let writer {
            sources.append(writer)
        }
        let registry: MetricRegistry
        do throws(MetricFault) {
            registry = try MetricRegistry(sources, log: log)
        } catch {
            throw .metrics(reason: "\(error)")
        }
        let operators = OperatorEndpoints(
            settings,
            inspector,
            clients: clients,
            instance: instance,
            broker: broker,
            requests: requests,
            log: log
        )
        let routes = ManagementRoutes(
            version: Version.number,
            checks: checks,
            metrics: registry,
            drain: drain,
            access: ManagementAccess(
                token: settings.management.token,
                environment: ProcessInfo.processInfo.environment
            ),
            log: log,
            more: operators.all
        )
        self.desk = FleetDesk(routes: routes, closer: operators.closer)
        let server = HTTPServer(loop: self.loop, router: routes.router, limits: settings.http)
        server.admission = { routes.admission($0, $1, $2) }
        server.onRejection = ManagementEvent.tell(log, counting: failures)
        self.server = LoopBound(server, on: self.loop)
    }

    private static func checks(
        _ clients: [ClientLoop],
        _ broker: any Broker,
        _ drain: Drain,
        _ isStarted: Lock<Bool>
    ) -> HealthChecks {
        var live = clients.map { client in
            LoopWatch(of: client.loop.name) { client.loop.execute($0) }.check
        }
        if let watch = Brokers.watch(broker) {
            live.append(watch.check)
        }
        let started = HealthCheck("listeners") {
            isStarted.withLock { $0 } ? .ok : .failed("not listening yet")
        }
        let draining = HealthCheck("drain") {
            drain.phase == .serving ? .ok : .failed("this instance is being drained")
        }
        let bus = HealthCheck("broker") {
            switch broker.health {
            case .up: .ok
            case .down(let reason): .degraded("\(broker.name): \(reason)")
            }
        }
        return HealthChecks(live: live, ready: [started, draining, bus], startup: [started])
    }

    func listen(on socket: consuming ListeningSocket, log: EventLog) throws(ReactorError) {
        let server = self.server.value
        try self.loop.listen(socket, failed: AcceptLog(loop: self.loop.name, log).note) { server.accept($0) }
    }

    func start() {
        self.loop.start()
        let census = self.census
        self.windows.withLock { $0 = Task { await census.run() } }
    }

    func noteStarted() {
        self.isStarted.withLock { $0 = true }
    }

    func stop() async {
        let windows = self.windows.withLock { $0.take() }
        windows?.cancel()
        await HTTPServer.stopTasks(of: self.server)
        self.loop.stop()
        self.loop.join()
    }
}
