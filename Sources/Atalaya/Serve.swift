import ArgumentParser
import Gateway

/// `atalaya serve`.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", abstract: "Runs a gateway.")

    @OptionGroup var options: SettingsOptions

    mutating func run() async throws {
        let (settings, _) = try self.options.read()
        throw ExitCode(await Gateway.run(settings: settings))
    }
}
