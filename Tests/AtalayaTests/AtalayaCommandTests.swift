import Foundation
import TestKit
import Testing

/// The binary as a shell sees it: arguments and environment in, two streams and an exit code out.
@Suite(.timeLimit(.minutes(1))) struct AtalayaCommandTests {
    private static let binary = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent("atalaya").path

    private func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> ChildProcess.Ending {
        try await ChildProcess.run(Self.binary, arguments, environment: environment)
    }

    // MARK: - Usage

    @Test(arguments: [
        ([], "a command is missing"),
        (["tokn"], "unknown command \"tokn\""),
        (["serv"], "did you mean serve?"),
        (["token"], "unknown command"), (["publish"], "unknown command"), (["top"], "unknown command"),
        (["tail"], "unknown command"), (["explain"], "unknown command"), (["bench"], "unknown command"),
        (["config"], "config check"),
        (["config", "chek"], "chek"),
        (["--nonsense"], "--nonsense"),
        (["serve", "--prot", "1"], "--port"),
        (["serve", "extra"], "extra"),
        (["serve", "--port"], "--port"),
        (["health", "well"], "well"),
        (["drain", "--whait"], "--wait"),
    ])
    func `bad usage is one line and 2`(arguments: [String], part: String) async throws {
        let run = try await self.run(arguments)
        #expect(run.code == 2)
        #expect(run.output.isEmpty)
        #expect(run.errorLines.count == 1)
        #expect(run.errorLines.first?.hasPrefix("atalaya: ") == true)
        #expect(run.errorLines.first?.contains(part) == true, "\(run.errorLines)")
    }

    @Test(arguments: [["--help"], ["help"], ["serve", "--help"], ["config", "check", "-h"], ["--version"]])
    func `help and version go to stdout`(arguments: [String]) async throws {
        let run = try await self.run(arguments)
        #expect(run.code == 0)
        #expect(run.errorLines.isEmpty)
        #expect(run.output.count > 8)
    }

    // MARK: - Configuration

    @Test(arguments: ["serve", "config check", "health", "drain"])
    func `every fault of the configuration is a line, and the code 2`(command: String) async throws {
        let folder = try TemporaryFolder()
        let text = "public:\n  port: 99999\nheartbeat.intervall: 3s\nredis.prefix: a\nredis: {prefix: b}\n"
        let file = try folder.write(text, to: "a.yaml")
        let run = try await self.run(
            command.components(separatedBy: " ") + [
                "--config", file, "--dev", "--management-port", "x", "--broker", "nats", "--redis-url",
                "http://u:hunter2@h",
                "--set", "queue.bytes=10MB", "--set", "nats.url=nats://h", "--set", "nonsense",
            ],
            environment: ["ATALAYA_DRAIN_TIMEOUT": "soon", "ATALAYA_REDIS_URI": "x"]
        )
        #expect(run.code == 2)
        #expect(run.output.isEmpty)
        for expected in [
            "atalaya: \(file):2: public.port = \"99999\": ", "atalaya: \(file):5: redis.prefix: is given twice",
            "heartbeat.intervall = \"3s\": unknown key; did you mean heartbeat.interval?",
            "atalaya: --management-port: management.port = \"x\": ",
            "atalaya: --broker: broker.kind = \"nats\": must be memory or redis",
            "atalaya: --redis-url: redis.url = <redacted>: ", "atalaya: --set: queue.bytes = \"10MB\": ",
            "atalaya: --set: nats.url: unknown key", "atalaya: --set: nonsense: is not key=value",
            "atalaya: ATALAYA_DRAIN_TIMEOUT: drain.timeout = \"soon\": ",
            "atalaya: warning: ATALAYA_REDIS_URI: unknown variable, ignored; did you mean ATALAYA_REDIS_URL?",
        ] {
            #expect(run.errorLines.count { $0.contains(expected) } == 1, "\(expected) in \(run.errorLines)")
        }
        #expect(!run.errorLines.joined().contains("hunter2"))
    }

    @Test func `the example file is accepted as it is`() async throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = tests.deletingLastPathComponent().appending(path: "docs/atalaya.yaml").path
        let run = try await self.run(["config", "check", "--config", file])
        #expect(run.code == 0)
        #expect(run.errorLines == [])
        #expect(run.output.contains("auth.mode: anonymous"))
    }

    @Test func `check prints each value and where it came from`() async throws {
        let run = try await self.run(
            ["config", "check", "--dev", "--port", "0", "--set", "queue.bytes=64KiB"],
            environment: [
                "ATALAYA_MANAGEMENT_TOKEN": "hunter2", "ATALAYA_HEARTBEAT_INTERVAL": "30s",
                "ATALAYA_PUBLIC_PORT": "tcp://10.0.0.1:8080", "ATALAYA_MANAGEMENT_PORT": "tcp://10.0.0.1:9090",
            ]
        )
        #expect(run.code == 0)
        #expect(run.errorLines.isEmpty)
        let lines = run.output.split(separator: "\n")
        func isLine(_ front: String, _ end: String) -> Bool {
            lines.contains { $0.hasPrefix(front) && $0.hasSuffix(end) }
        }
        #expect(isLine("public.port: 0 ", "# --port"))
        #expect(isLine("queue.bytes: 64KiB ", "# --set"))
        #expect(isLine("heartbeat.interval: 30s ", "# ATALAYA_HEARTBEAT_INTERVAL"))
        #expect(isLine("management.token: ", "# <redacted>, ATALAYA_MANAGEMENT_TOKEN"))
        #expect(isLine("management.port: 9090 ", "# default"))
        #expect(!run.output.contains("hunter2"))
    }

    @Test func `without --dev somebody must say who may connect`() async throws {
        let refused = try await self.run(["config", "check"])
        #expect(refused.code == 2)
        #expect(refused.errorLines.contains { $0.contains("auth.mode") })
        #expect(try await self.run(["config", "check", "--set", "auth.mode=anonymous"]).code == 0)
    }

    @Test func `the reference names keys, their defaults and their variables, and asks nobody`() async throws {
        let run = try await self.run(["config", "reference"], environment: ["ATALAYA_PUBLIC_PORT": "nonsense"])
        #expect(run.code == 0)
        #expect(run.errorLines.isEmpty)
        for (key, value, variable) in [
            ("public.port", "8080", "ATALAYA_PUBLIC_PORT"), ("management.port", "9090", "ATALAYA_MANAGEMENT_PORT"),
            ("heartbeat.interval", "25s", "ATALAYA_HEARTBEAT_INTERVAL"), ("queue.bytes", "1MiB", "ATALAYA_QUEUE_BYTES"),
            ("limits.messageBytes", "1MiB", "ATALAYA_LIMITS_MESSAGE_BYTES"),
            ("redis.prefix", "atalaya:", "ATALAYA_REDIS_PREFIX"),
            ("drain.timeout", "25s", "ATALAYA_DRAIN_TIMEOUT"), ("log.level", "info", "ATALAYA_LOG_LEVEL"),
        ] {
            let line = run.output.split(separator: "\n").first { $0.hasPrefix("| `\(key)` ") }
            #expect(line?.contains(" \(value) ") == true, "\(key)")
            #expect(line?.contains("`\(variable)`") == true, "\(key)")
        }
        #expect(!run.output.contains("nats"))
    }

    // MARK: - The local gateway

    @Test(arguments: [("", "/readyz"), ("ready", "/readyz"), ("live", "/livez"), ("startup", "/startupz")])
    func `health asks the local management port and prints what it says`(probe: String, path: String) async throws {
        let server = try LoopbackServer {
            .answer($0.line.hasPrefix("GET \(path) ") ? "200 OK" : "404 Not Found", "ok\n")
        }
        let run = try await self.run(
            ["health"] + (probe.isEmpty ? [] : [probe]) + ["--management-port", "\(server.port)"],
            environment: ["http_proxy": "http://127.0.0.1:1"]
        )
        #expect(run.code == 0)
        #expect(run.output == "ok\n")
        #expect(run.errorLines.isEmpty)
    }

    @Test func `health of a gateway that is not well is 1, with its words`() async throws {
        let server = try LoopbackServer { _ in .answer("503 Service Unavailable", "draining") }
        let run = try await self.run(["health"], environment: ["ATALAYA_MANAGEMENT_PORT": "\(server.port)"])
        #expect(run.code == 1)
        #expect(run.output == "draining\n")
    }

    @Test(arguments: ["health", "drain"])
    func `a gateway that is not there is 1, with a line that says where`(command: String) async throws {
        let server = try LoopbackServer { _ in .silence }
        server.stop()
        let run = try await self.run([command, "--management-port", "\(server.port)"])
        #expect(run.code == 1)
        #expect(run.errorLines.count == 1)
        #expect(run.errorLines.first?.hasPrefix("atalaya: \(server.address)/") == true)
    }

    @Test func `drain begins one and shows the token`() async throws {
        let server = try LoopbackServer { request in
            request.header("authorization") == "Bearer s3cret"
                ? .answer("202 Accepted", Self.progress("delaying", 7)) : .answer("401 Unauthorized", "")
        }
        let run = try await self.run(
            ["drain", "--management-port", "\(server.port)"],
            environment: ["ATALAYA_MANAGEMENT_TOKEN": "s3cret"]
        )
        #expect(run.code == 0)
        #expect(run.errors.isEmpty)
        #expect(server.requests.map(\.line) == ["POST /api/v1/drain HTTP/1.1"])
    }

    @Test func `drain can wait until nobody is left`() async throws {
        let server = try LoopbackServer(replies: [
            .answer("202 Accepted", Self.progress("closing", 7)), .answer("200 OK", Self.progress("drained", 0)),
        ])
        let run = try await self.run(["drain", "--wait", "--management-port", "\(server.port)"])
        #expect(run.code == 0)
        #expect(run.errors.isEmpty)
        #expect(server.requests.count == 2)
    }

    @Test func `a gateway that ended meanwhile has nobody left`() async throws {
        let server = try LoopbackServer(replies: [.answer("202 Accepted", Self.progress("closing", 7))])
        let run = try await self.run(["drain", "--wait", "--management-port", "\(server.port)"])
        #expect(run.code == 0)
        #expect(run.errors.isEmpty)
    }

    @Test func `drain does not wait longer than the gateway itself`() async throws {
        let server = try LoopbackServer { _ in .answer("202 Accepted", Self.progress("closing", 2)) }
        let run = try await self.run([
            "drain", "--wait", "--management-port", "\(server.port)", "--set", "drain.delay=0", "--set",
            "drain.timeout=100ms",
        ])
        #expect(run.code == 1)
        #expect(run.errors == "atalaya: after 100ms, 2 connections are left\n")
    }

    @Test func `drain that is refused is 1, with what was said`() async throws {
        let server = try LoopbackServer { _ in .answer("401 Unauthorized", "{\"title\":\"Unauthorized\"}") }
        let run = try await self.run(["drain", "--wait", "--management-port", "\(server.port)"])
        #expect(run.code == 1)
        #expect(server.requests.count == 1)
        #expect(run.errorLines == ["atalaya: POST /api/v1/drain was answered 401: {\"title\":\"Unauthorized\"}"])
    }

    private static func progress(_ state: String, _ connections: Int) -> String {
        "{\"connectionsRemaining\":\(connections),\"state\":\"\(state)\"}"
    }
}
