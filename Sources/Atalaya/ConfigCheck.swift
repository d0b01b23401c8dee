import ArgumentParser
import Settings

/// `atalaya config check`.
struct ConfigCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Validates the configuration, and prints each value and where it came from."
    )

    @OptionGroup var options: SettingsOptions

    mutating func run() async throws {
        let (_, reader) = try self.options.read()
        print(reader.effectiveConfiguration, terminator: "")
    }
}
