package import Settings

/// Who may use the management listener.
package struct ManagementSettings: Sendable {
    package let token: Secret?

    package init(from settings: inout SettingsReader) {
        self.token = settings.secret(
            "management.token",
            "Bearer token for all requests but probes and /metrics; without it, only this machine is let in."
        )
    }
}
