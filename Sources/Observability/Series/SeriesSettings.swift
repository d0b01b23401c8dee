package import Settings

/// How many series of their own users and connections may have on `/metrics`.
package struct SeriesSettings: Sendable {
    package let users: Int
    package let connections: Int
    package let newPerHour: Int

    package init(from settings: inout SettingsReader) {
        self.users = settings.int(
            "metrics.seriesBudget.users",
            default: 200,
            atLeast: 0,
            "How many users have series of their own on /metrics; all others are counted together as _other."
        )
        self.connections = settings.int(
            "metrics.seriesBudget.connections",
            default: 500,
            atLeast: 0,
            "How many connections have series of their own on /metrics; all others are counted together as _other."
        )
        self.newPerHour = settings.int(
            "metrics.seriesBudget.newPerHour",
            default: 5000,
            atLeast: 0,
            "How many users and connections may be given series of their own in an hour, all together."
        )
    }
}
