import Instruments
import Messaging
import Reactor
import TestKit
import Testing

@testable import RedisBroker

/// Commands and answers over a connection to a Redis in miniature.
@Suite(.timeLimit(.minutes(1)))
struct RedisPipelineTests {
    /// A pipeline on a loop of its own, and what it has told.
    private final class Fixture: Sendable {
        let redis: ScriptedRedis
        let loop: EventLoop
        let told = Observed<[String]>([])
        private let parts: LoopBound<Parts>

        private final class Parts: TickObserver, RedisPipelineDelegate, RedisAsker {
            let connection: RedisConnection
            let pipeline: RedisPipeline
            let told: Observed<[String]>

            init(_ connection: RedisConnection, _ pipeline: RedisPipeline, _ told: Observed<[String]>) {
                self.connection = connection
                self.pipeline = pipeline
                self.told = told
            }

            func tickEnded(now: Instant) { self.connection.flush() }
            func pipelineOpened(at now: Instant) { self.told.change { $0.append("opened") } }
            func pipelinePinged() {}
            func pipelineAnswered(at now: Instant) {}
            func pipelineClosed(_ fault: RedisFault, at now: Instant) { self.told.change { $0.append("closed") } }
            func answered(_ answer: RedisAnswer, at now: Instant) { self.told.change { $0.append("asker: \(answer)") } }
        }

        init(_ answer: @escaping @Sendable ([String]) -> String?) throws {
            self.redis = try ScriptedRedis()
            self.redis.answer(answer)
            let settings = TestRedis.settings(self.redis.url)
            let loop = try EventLoop(index: 0, name: "test", configuration: EventLoopConfiguration())
            let tally = RedisTally()
            let log = RecordingLog().log
            let connection = RedisConnection(
                role: .publish,
                loop: loop,
                settings: settings,
                haste: .zero,
                endpoint: RedisEndpoint(settings.url!),
                instance: "test",
                tally: tally,
                complaints: RedisComplaints(tally: tally, log: log),
                log: log
            )
            let parts = Parts(connection, RedisPipeline(connection: connection, loop: loop), self.told)
            parts.pipeline.delegate = parts
            self.loop = loop
            self.parts = LoopBound(parts, on: loop)
            self.onLoop { parts in
                loop.addTickObserver(parts)
                parts.connection.start()
            }
            loop.start()
        }

        private func onLoop(_ work: @escaping @Sendable (Parts) -> Void) {
            let parts = self.parts
            self.loop.execute { work(parts.value) }
        }

        func send(_ words: [String], toAsker: Bool = false) {
            self.onLoop { parts in
                var command = RedisCommand()
                for word in words {
                    command.append(word)
                }
                if toAsker {
                    parts.pipeline.send(command, answering: parts)
                } else {
                    parts.pipeline.send(command) { answer, _ in
                        parts.told.change { $0.append("\(words[0]): \(answer)") }
                    }
                }
            }
        }

        /// Waits for so many lines of what was told, and gives the last ones.
        func lines(_ count: Int, last: Int) async throws -> [String] {
            try await Array(self.told.wait(for: "\(count) lines") { $0.count >= count }.suffix(last))
        }

        func stop() {
            self.onLoop { $0.connection.stop() }
            self.loop.stop()
            self.loop.join()
            self.redis.stop()
        }
    }

    @Test func `answers go to whoever sent the command, in the order of the commands`() async throws {
        let fixture = try Fixture { $0[0] == "ECHO" ? "$2\r\nhi\r\n" : $0[0] == "NO" ? "-ERR no\r\n" : nil }
        defer { fixture.stop() }
        _ = try await fixture.lines(1, last: 1)
        fixture.send(["ECHO"])
        fixture.send(["PUBLISH", "a", "b"], toAsker: true)
        fixture.send(["NO"])
        fixture.send(["PING"])
        let lines = try await fixture.lines(5, last: 5)
        #expect(lines[0] == "opened")
        #expect(lines[1] == "ECHO: reply(RedisBroker.RedisReply.bulk([104, 105]))")
        #expect(lines[2] == "asker: reply(RedisBroker.RedisReply.integer(0))")
        #expect(lines[3].hasPrefix("NO: refused("))
        #expect(lines[4] == #"PING: reply(RedisBroker.RedisReply.status("PONG"))"#)
    }

    @Test func `what is open when the connection is lost hears of it in order, before anybody else`() async throws {
        let fixture = try Fixture { $0[0] == "WAIT" ? "" : $0[0] == "GO" ? "close" : nil }
        defer { fixture.stop() }
        _ = try await fixture.lines(1, last: 1)
        fixture.send(["WAIT"])
        fixture.send(["WAIT"], toAsker: true)
        fixture.send(["GO"])
        let lines = try await fixture.lines(5, last: 4)
        let lost = "lost(the connection was lost)"
        #expect(lines == ["WAIT: \(lost)", "asker: \(lost)", "GO: \(lost)", "closed"])
    }

    @Test func `an answer that concerns the connection loses all commands on it, also that one`() async throws {
        // Answered behind the second command, so that both are open by then.
        let fixture = try Fixture { $0[0] == "WRITE" ? "" : $0[0] == "GO" ? "-READONLY a replica\r\n" : nil }
        defer { fixture.stop() }
        _ = try await fixture.lines(1, last: 1)
        fixture.send(["WRITE"])
        fixture.send(["GO"], toAsker: true)
        let lines = try await fixture.lines(4, last: 3)
        #expect(lines[0].hasPrefix("WRITE: lost(") && lines[1].hasPrefix("asker: lost(") && lines[2] == "closed")
    }

    @Test func `without a connection a command is lost at once`() async throws {
        let fixture = try Fixture { $0[0] == "PING" ? "" : nil }
        defer { fixture.stop() }
        fixture.send(["ECHO"])
        #expect(try await fixture.lines(1, last: 1) == ["ECHO: lost(the connection was lost)"])
    }
}
