/// One value given on the command line, and the flag that gave it.
package struct SettingsFlag: Equatable, Sendable {
    /// As typed: `--port`.
    package let name: String
    package let key: String
    /// `nil` if the flag needs `key=value` and got something else.
    package let value: String?

    package init(_ name: String, key: String, value: String) {
        self.name = name
        self.key = key
        self.value = value
    }

    /// Any key, as in `--set heartbeat.interval=25s`.
    ///
    /// The value itself may contain `=`.
    package init(set assignment: String) {
        let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let isWhole = parts.count == 2 && !parts[0].isEmpty
        self.name = "--set"
        // If it is not an assignment, only the part that looks like a key is kept: the rest may be a secret.
        self.key = isWhole ? String(parts[0]) : String(assignment.prefix { $0.isLetter || $0.isNumber || $0 == "." })
        self.value = isWhole ? String(parts[1]) : nil
    }
}
