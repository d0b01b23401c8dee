import ArgumentParser
import Foundation
import Gateway
import HTTPClient
import Settings

/// `atalaya drain`.
struct Drain: AsyncParsableCommand {
    /// What the gateway answers, however often it is asked.
    private struct Progress: Decodable {
        let state: String
        let connectionsRemaining: Int
    }

    private static let path = "/api/v1/drain"

    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Drains the gateway on this machine, which then stays up, unready, until a signal."
    )

    @Flag(help: "Waits until all clients are gone, for at most drain.timeout.")
    var wait = false

    @OptionGroup var options: SettingsOptions

    mutating func run() async throws {
        let settings = try self.options.read(isToServe: false).settings
        let local = LocalManagement(settings)
        var progress: Progress
        do {
            progress = try await Self.ask(local)
        } catch let error as HTTPClientError {
            local.reportUnanswered(Self.path, error)
            throw ExitCode.failure
        }
        // The gateway's own time-out comes first, and is seen a moment later.
        let end = ContinuousClock.now + settings.drain.timeout + .seconds(2)
        while self.wait, progress.state != "drained", ContinuousClock.now < end {
            try await Task.sleep(for: .seconds(1))
            do {
                progress = try await Self.ask(local)
            } catch HTTPClientError.unreachable {
                // A gateway that is gone has no clients any more.
                return
            } catch let error as HTTPClientError {
                local.reportUnanswered(Self.path, error)
            }
        }
        if self.wait, progress.connectionsRemaining > 0 {
            let time = DurationText.show(settings.drain.timeout)
            StandardError.report("after \(time), \(progress.connectionsRemaining) connections are left")
            throw ExitCode.failure
        }
    }

    private static func ask(_ local: LocalManagement) async throws -> Progress {
        let answer = try await local.ask(.post, Self.path)
        guard let progress = try? JSONDecoder().decode(Progress.self, from: Data(answer.body)) else {
            StandardError.report("POST \(Self.path) was answered \(answer.status): \(answer.text)")
            throw ExitCode.failure
        }
        return progress
    }
}
