import ArgumentParser
import Gateway
import Settings

/// `atalaya config reference`.
struct ConfigReference: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reference",
        abstract: "Prints every key with type, default, unit and environment name."
    )

    mutating func run() async throws {
        var reader = SettingsReader()
        _ = GatewaySettings(from: &reader, isForDevelopment: false)
        print(reader.reference, terminator: "")
    }
}
