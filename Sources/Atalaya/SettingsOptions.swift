import ArgumentParser
import Foundation
import Gateway
import Settings

/// The flags that give settings, and the way from them, the environment and the file to what the gateway understands.
struct SettingsOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The configuration file, in YAML.", valueName: "file"))
    var config: String?

    @Flag(help: "For trying things out: anonymous users, the demo page, /echo, readable logs; on 127.0.0.1 only.")
    var dev = false

    @Option(parsing: .unconditional, help: ArgumentHelp("The port for clients.", valueName: "port"))
    var port: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The port for operators, probes and Prometheus.", valueName: "port")
    )
    var managementPort: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("What carries messages between instances.", valueName: "kind"))
    var broker: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The Redis that instances share, as redis://user:password@host:port/database.",
            valueName: "url"
        )
    )
    var redisURL: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The lowest level to log: debug, info, warning or error.", valueName: "level")
    )
    var logLevel: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How log lines are written: json, or human for people.", valueName: "format")
    )
    var logFormat: String?

    @Option(
        name: .customLong("set"),
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Sets any key of `atalaya config reference`; may be repeated.", valueName: "key=value")
    )
    var assignments: [String] = []

    var flags: [SettingsFlag] {
        let named: [(name: String, key: String, value: String?)] = [
            ("--port", "public.port", self.port),
            ("--management-port", "management.port", self.managementPort),
            ("--broker", "broker.kind", self.broker),
            ("--redis-url", "redis.url", self.redisURL),
            ("--log-level", "log.level", self.logLevel),
            ("--log-format", "log.format", self.logFormat),
        ]
        let given = named.compactMap { flag in
            flag.value.map { SettingsFlag(flag.name, key: flag.key, value: $0) }
        }
        return given + self.assignments.map { SettingsFlag(set: $0) }
    }

    /// Reads everything and shows all faults before it ends with 2; warnings go to stderr too.
    ///
    /// - Parameter isToServe: Whether a gateway is to run with them.
    func read(isToServe: Bool = true) throws(ExitCode) -> (settings: GatewaySettings, reader: SettingsReader) {
        var reader = SettingsReader(
            flags: self.flags,
            environment: ProcessInfo.processInfo.environment,
            file: self.config
        )
        let settings = GatewaySettings(from: &reader, isForDevelopment: self.dev, isToServe: isToServe)
        for warning in reader.warnings {
            StandardError.report("warning: \(warning)")
        }
        for fault in reader.faults {
            StandardError.report("\(fault)")
        }
        guard reader.faults.isEmpty else { throw .badUsage }
        return (settings, reader)
    }
}
