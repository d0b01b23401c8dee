import ArgumentParser
import Gateway
import Settings

/// `atalaya config reference`.
struct ConfigReference: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reference",
        abstract: "Prints every key with its type, default, unit and environment variable."
    )

    mutating func run() async throws {
        var reader = SettingsReader()
        _ = GatewaySettings(from: &reader, isForDevelopment: false)
        print(reader.reference, terminator: "")
    }
}
