import Foundation
import Instruments
import Reactor
import TestKit

@testable import RedisBroker

/// A Redis of one test's own, which may stop, end and come back on the same port.
final class OwnRedis: Sendable {
    /// Below the ports that the kernel gives to whoever asks for any, and given to nobody else of this process: the
    /// server binds it only a moment later, and again when it comes back.
    private static let ports: Range<UInt16> = 20_000..<30_000
    private static let taken = Lock<Set<UInt16>>([])

    let port: UInt16
    private let folder: TemporaryFolder
    private let process = Lock<ChildProcess?>(nil)

    init() throws {
        self.port = Self.freePort()
        self.folder = try TemporaryFolder()
    }

    private static func freePort() -> UInt16 {
        while true {
            let port = UInt16.random(in: self.ports)
            guard self.taken.withLock({ $0.insert(port).inserted }) else { continue }
            if (try? ListeningPort.claim(host: "127.0.0.1", port: port)) != nil { return port }
        }
    }

    /// Starts it and waits until it answers.
    func start() async throws {
        let process = try ChildProcess(
            "/usr/bin/env",
            [
                "redis-server", "--port", "\(self.port)", "--bind", "127.0.0.1", "--dir", self.folder.path, "--save",
                "",
                "--appendonly", "no",
            ]
        )
        self.process.withLock { $0 = process }
        let port = self.port
        try await eventually("redis-server on port \(port)") {
            (try? RawRedis.command([Array("PING".utf8)], port: port)) == .status("PONG")
        }
    }

    var url: String { "redis://127.0.0.1:\(self.port)" }

    /// Carries out one command, whose parts have spaces between them; `~` is a space within one.
    ///
    /// - Parameter first: A command that comes before it on the connection.
    @discardableResult
    func run(_ command: String, after first: String? = nil) throws -> RedisReply {
        let replies = try RawRedis.commands([first, command].compactMap { $0 }.map(Self.parts), port: self.port)
        return replies[replies.count - 1]
    }

    private static func parts(_ command: String) -> [[UInt8]] {
        command.split(separator: " ").map { Array($0.replacing("~", with: " ").utf8) }
    }

    /// From now on nothing can be saved.
    func losesItsFolder() throws {
        try FileManager.default.removeItem(atPath: self.folder.path)
    }

    func signal(_ number: Int32) {
        self.process.withLock { $0 }?.signal(number)
    }

    /// Ends it at once, with all its connections.
    func kill() async {
        let process = self.process.withLock { $0.take() }
        process?.signal(SIGKILL)
        _ = await process?.code()
    }
}
