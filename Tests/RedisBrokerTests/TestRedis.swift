import Foundation
import Instruments
import Messaging
import RedisBroker
import Settings
import TestKit

/// The real Redis that the tests are given, shared by all of them: each has channels of its own.
enum TestRedis {
    static let url = ProcessInfo.processInfo.environment["ATALAYA_TEST_REDIS_URL"]
    /// How long the soak test runs; 0: not at all.
    static let soakMinutes = Double(ProcessInfo.processInfo.environment["ATALAYA_SOAK_MINUTES"] ?? "") ?? 0
    static var isThere: Bool { self.url != nil }

    static var port: UInt16 {
        self.url.flatMap { ServiceURL($0)?.port }.flatMap { UInt16(exactly: $0) } ?? 6379
    }

    /// Channel names that no other test uses.
    static func freshPrefix() -> String {
        "test-\(UInt64.random(in: 0 ... .max)):"
    }

    static func settings(
        _ url: String,
        prefix: String = freshPrefix(),
        pingInterval: String = "5s",
        _ more: [String: String] = [:]
    ) -> RedisSettings {
        let values = ["redis.url": url, "redis.prefix": prefix, "redis.pingInterval": pingInterval]
        let flags = values.merging(more) { $1 }.map { SettingsFlag("--set", key: $0.key, value: $0.value) }
        var reader = SettingsReader(flags: flags, environment: [:], file: nil)
        let settings = RedisSettings(from: &reader)
        precondition(reader.faults.isEmpty, "\(reader.faults)")
        return settings
    }
}

/// Remembers what was logged.
final class RecordingLog: LogSink {
    let records = Observed<[LogRecord]>([])

    func take(_ record: LogRecord) {
        self.records.change { $0.append(record) }
    }

    var log: EventLog { EventLog(threshold: .debug, sink: self) }

    /// All lines, as text: for what must stand there, and for what must not.
    var text: String {
        self.records.state.map { "\($0.event) \($0.values)" }.joined(separator: "\n")
    }

    func wait(for event: RedisEvent, where holds: @escaping @Sendable (LogRecord) -> Bool = { _ in true }) async throws
    {
        try await self.records.wait(for: event.rawValue) { records in
            records.contains { $0.event == event.rawValue && holds($0) }
        }
    }
}

extension LogRecord {
    func text(_ field: LogField) -> String {
        for (key, value) in self.values where key == field {
            if case .text(let text) = value {
                return text
            }
        }
        return ""
    }
}

/// One instance: a broker and what it has told.
struct Instance {
    let broker: RedisBroker
    let sink = RecordingSink()
    let log = RecordingLog()

    init(_ settings: RedisSettings, name: String = "test", patience: Duration = .seconds(5)) throws {
        self.broker = try RedisBroker(
            settings: settings,
            patience: patience,
            instance: name,
            loopIndex: 0,
            log: self.log.log
        )
        self.broker.start(delivering: self.sink)
    }

    /// Waits until publications are taken and messages of the rooms arrive.
    func becomeReady(_ rooms: [RoomName] = []) async throws {
        let room = try RoomName("ready-\(UInt64.random(in: 0 ... .max))")
        try await BrokerContract.becomeReady(self.broker, self.sink, room: room)
        if !rooms.isEmpty {
            try await self.sink.enter(rooms, self.broker)
        }
    }

    func publish(_ texts: [String], to room: RoomName) {
        self.broker.publish(texts.map { .of($0, to: room) })
    }

    /// Waits until this many messages of the room have come, and gives their texts.
    @discardableResult
    func messages(_ count: Int, in room: RoomName) async throws -> [String] {
        let record = try await self.sink.seen.wait(for: "\(count) messages in \(room)") { record in
            record.messages.count { $0.room == room } >= count
        }
        return record.payloads(in: room)
    }

    @discardableResult
    func receipts(_ count: Int) async throws -> [PublicationReceipt] {
        try await self.sink.seen.wait(for: "\(count) receipts") { $0.receipts.count >= count }.receipts
    }
}
