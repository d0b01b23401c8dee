import Instruments
import Messaging
import Reactor
import TestKit

@testable import RedisBroker

extension RedisBroker {
    /// A broker of an instance that has no key.
    convenience init(
        settings: RedisSettings,
        patience: Duration,
        instance: String,
        loopIndex: Int,
        log: EventLog
    ) throws(ReactorError) {
        let identity = FleetIdentity(instance: instance, build: "test", key: nil)
        try self.init(
            settings: settings,
            patience: patience,
            identity: identity,
            fleetLimits: .patient,
            loopIndex: loopIndex,
            log: log
        )
    }

    convenience init(
        settings: RedisSettings,
        patience: Duration,
        instance: String,
        loop: EventLoop,
        log: EventLog
    ) {
        let identity = FleetIdentity(instance: instance, build: "test", key: nil)
        self.init(settings: settings, patience: patience, identity: identity, loop: loop, log: log)
    }
}

/// One instance of a fleet, which answers each question with its name and the question, and remembers what it was
/// asked.
struct FleetInstance {
    private struct Responder: FleetResponder {
        let name: String
        let asked: Observed<[FleetQuestion]>
        let prepare: @Sendable () async -> Void

        func answer(_ question: FleetQuestion) async -> FleetReply {
            self.asked.change { $0.append(question) }
            await self.prepare()
            return .answered(Array("\(self.name) ".utf8) + question.body)
        }
    }

    let name: String
    let broker: RedisBroker
    let asked = Observed<[FleetQuestion]>([])
    let log = RecordingLog()
    private let sink = RecordingSink()

    init(
        _ name: String,
        _ settings: RedisSettings,
        secret: String? = "a secret of sixteen bytes",
        prepare: @escaping @Sendable () async -> Void = {}
    ) throws {
        self.name = name
        let key = secret.map { FleetKey(secret: $0) }
        let identity = FleetIdentity(instance: name, build: "test", key: key)
        self.broker = try RedisBroker(
            settings: settings,
            patience: .seconds(5),
            identity: identity,
            fleetLimits: .patient,
            loopIndex: 0,
            log: self.log.log
        )
        self.broker.start(
            delivering: self.sink,
            answering: Responder(name: name, asked: self.asked, prepare: prepare)
        )
    }

    /// Waits until this instance has heard of these.
    func knows(_ names: String...) async throws {
        try await eventually("\(self.name) knows \(names)") {
            Set(self.broker.fleet.peers.map(\.instance)).isSuperset(of: names)
        }
    }

    func isUp() async throws {
        try await eventually("\(self.name) is up") { self.broker.health == .up }
    }

    func ask(
        _ subject: FleetSubject = .explain,
        _ body: String = "?",
        within patience: Duration = .seconds(20)
    ) async throws -> FleetAnswers {
        await self.broker.ask(try FleetQuestion(subject, Array(body.utf8)), within: patience)
    }

    var rejected: [FleetRejection: UInt64] {
        let counts = self.broker.fleet.rejected
        return Dictionary(uniqueKeysWithValues: FleetRejection.allCases.map { ($0, counts[$0]) }).filter { $1 > 0 }
    }
}

extension FleetAnswers {
    var texts: [String] { self.answers.map { String(decoding: $0.body, as: UTF8.self) } }
}
