import ArgumentParser
import Foundation
import Gateway
import Notation
import Settings

/// The binary, whose every subcommand has a file of its own.
@main
struct AtalayaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "atalaya",
        abstract: "A realtime gateway: rooms over WebSocket, on one instance or many.",
        version: "atalaya \(Gateway.version)",
        subcommands: [Serve.self, Config.self, Drain.self, Health.self]
    )

    static func main() async {
        do {
            try Self.checkCommand(CommandLine.arguments.dropFirst().first)
            let command = try Self.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                var command = command
                try command.run()
            }
        } catch {
            Self.end(with: error)
        }
    }

    mutating func run() async throws {
        throw ValidationError("a command is missing; `atalaya --help` lists them")
    }

    /// ArgumentParser would call an unknown command an unexpected argument.
    private static func checkCommand(_ word: String?) throws {
        let names = Self.configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
        guard let word, !word.hasPrefix("-"), !names.contains(word) else { return }
        let nearest = Suggestion.nearest(to: word, among: names)
        let remedy =
            nearest == nil ? "; the commands are \(names.joined(separator: ", "))" : Suggestion.question(nearest)
        throw ValidationError("unknown command \(ShownText.quoted(word))\(remedy)")
    }

    /// Help and version go to stdout and end with 0; bad usage is one line on stderr and 2, where ArgumentParser has
    /// 64.
    private static func end(with error: any Error) -> Never {
        switch Self.exitCode(for: error) {
        case _ where error is ExitCode:
            Self.exit(withError: error)
        case .success:
            print(Self.fullMessage(for: error))
            Self.exit(withError: ExitCode.success)
        case .validationFailure:
            StandardError.report(Self.message(for: error))
            Self.exit(withError: ExitCode.badUsage)
        default:
            StandardError.report(Self.message(for: error))
            Self.exit(withError: ExitCode.failure)
        }
    }
}

extension ExitCode {
    /// Bad usage or configuration; `failure`, 1, is for what fails while running.
    static let badUsage = ExitCode(2)
}
