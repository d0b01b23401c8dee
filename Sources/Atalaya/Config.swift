import ArgumentParser

/// `atalaya config …`.
struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Checks the configuration, or lists every key.",
        subcommands: [ConfigCheck.self, ConfigReference.self]
    )

    mutating func run() async throws {
        throw ValidationError("a command is missing; use `atalaya config check` or `atalaya config reference`")
    }
}
