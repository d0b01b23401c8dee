package import Settings

/// Who may use the management listener.
package struct ManagementSettings: Sendable {
    package let token: Secret?

    package init(from settings: inout SettingsReader) {
        self.token = settings.secret(
            "management.token",
            "What requests must bring as a bearer token, probes and /metrics excepted; without it, only this machine is let in."
        )
    }
}
