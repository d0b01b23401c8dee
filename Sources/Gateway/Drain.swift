import HTTPServer
import Instruments
import Management
import Reactor
import Sessions
import Transport

/// Lets all clients go, once: first unready, then a few connections at a time, then the rest.
final class Drain: Sendable {
    private struct State: Sendable {
        var phase = DrainState.serving
        var work: Task<Void, Never>?
    }

    private let loops: [ClientLoop]
    private let openConnections: [Inquiry<Int>]
    private let settings: DrainSettings
    private let log: EventLog
    private let state = Lock(State())

    init(_ loops: [ClientLoop], _ settings: DrainSettings, log: EventLog) {
        self.loops = loops
        self.openConnections = loops.map { client in
            Inquiry { answer in client.loop.execute { answer(client.loop.snapshot().open) } }
        }
        self.settings = settings
        self.log = log
    }

    var phase: DrainState {
        self.state.withLock { $0.phase }
    }

    /// Begins a drain unless one has begun; returns at once.
    func begin() {
        _ = self.started()
    }

    /// Begins a drain unless one has begun, and waits until it is over.
    func run() async {
        await self.started().value
    }

    private func started() -> Task<Void, Never> {
        self.state.withLock { state in
            if let work = state.work { return work }
            state.phase = .delaying
            let work = Task { await self.letGo() }
            state.work = work
            return work
        }
    }

    private func letGo() async {
        let clock = ContinuousClock()
        let end = clock.now + self.settings.timeout
        self.log.write(GatewayEvent.drainBegan, [(.waitMs, .integer(self.settings.delay.wholeMilliseconds))])
        try? await Task.sleep(for: self.settings.delay)
        self.state.withLock { $0.phase = .closing }
        let open = await self.connections()
        let pace = self.settings.pace
        self.log.write(
            GatewayEvent.drainClosing,
            [(.connections, .integer(Int64(open))), (.waitMs, .integer(pace.wholeMilliseconds))]
        )
        for client in self.loops {
            client.loop.execute {
                client.loop.stopListening()
                client.webSockets.value.isDraining = true
                client.server.value.drain()
                client.registry.value.drain(over: pace, hint: self.settings.timeout)
            }
        }
        var left = open
        while clock.now < end {
            left = await self.connections()
            if left == 0 { break }
            try? await Task.sleep(for: .milliseconds(50))
        }
        self.state.withLock { $0.phase = .drained }
        self.log.write(
            GatewayEvent.drainEnded,
            [
                (.connections, .integer(Int64(left))),
                (.durationMs, .integer((self.settings.timeout - (end - clock.now)).wholeMilliseconds)),
            ]
        )
    }

    /// Sockets of the public listener that are still open, whether they belong to clients or not.
    ///
    /// A loop that is too busy to answer counts with its last number, at first with one: it does not block the caller,
    /// and is not taken to be empty.
    private func connections() async -> Int {
        let replies = await Inquiry.replies(of: self.openConnections, within: LoopReports.patience)
        return replies.reduce(0) { sum, reply in
            switch reply {
            case .inTime(let open): sum + open
            case .late(let last, _, _): sum + (last ?? 1)
            case .ended: sum
            }
        }
    }
}

extension Drain: DrainControl {
    func status() async -> DrainStatus {
        let phase = self.phase
        return DrainStatus(state: phase, connectionsRemaining: phase == .serving ? 0 : await self.connections())
    }
}
