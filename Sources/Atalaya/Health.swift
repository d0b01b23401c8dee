import ArgumentParser
import HTTPClient

/// `atalaya health`.
struct Health: AsyncParsableCommand {
    enum Probe: String, CaseIterable, ExpressibleByArgument {
        case live, ready, startup

        var path: String {
            switch self {
            case .live: "/livez"
            case .ready: "/readyz"
            case .startup: "/startupz"
            }
        }
    }

    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Asks the gateway on this machine whether it is healthy; exits 0 if it is, else 1."
    )

    @Argument(help: "Which probe to ask.")
    var probe = Probe.ready

    @Flag(help: "Lists each check.")
    var verbose = false

    @OptionGroup var options: SettingsOptions

    mutating func run() async throws {
        let local = LocalManagement(try self.options.read(isToServe: false).settings)
        let path = self.probe.path + (self.verbose ? "?verbose" : "")
        do {
            let answer = try await local.ask(.get, path)
            print(answer.text, terminator: answer.text.hasSuffix("\n") ? "" : "\n")
            throw answer.status == 200 ? ExitCode.success : ExitCode.failure
        } catch let error as HTTPClientError {
            local.reportUnanswered(path, error)
            throw ExitCode.failure
        }
    }
}
