package import Instruments
package import Settings

/// What the log shows, and how.
package struct LogSettings: Sendable {
    /// The levels as written in a configuration.
    private enum Threshold: String, CaseIterable, Sendable {
        case debug
        case info
        case warning
        case error

        var level: LogLevel {
            switch self {
            case .debug: .debug
            case .info: .info
            case .warning: .warning
            case .error: .error
            }
        }
    }

    package let level: LogLevel
    package let format: LogFormat

    /// - Parameter isForDevelopment: Whether `--dev` was given; then a person reads the log.
    package init(from settings: inout SettingsReader, isForDevelopment: Bool) {
        self.level = settings.choice("log.level", default: Threshold.info, "Lowest level that is logged.").level
        self.format = settings.choice(
            "log.format",
            default: isForDevelopment ? LogFormat.human : .json,
            shownDefault: "json, human with --dev",
            "One JSON object per line, or lines for people to read."
        )
    }
}
