import ArgumentParser

/// `atalaya config …`.
struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Shows what can be configured, and what is.",
        subcommands: [ConfigCheck.self, ConfigReference.self]
    )

    mutating func run() async throws {
        throw ValidationError("say what of the configuration: `atalaya config check` or `atalaya config reference`")
    }
}
