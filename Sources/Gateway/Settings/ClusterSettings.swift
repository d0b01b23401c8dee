import Messaging
package import Settings

/// What the instances of a fleet have in common.
package struct ClusterSettings: Sendable {
    private let secret: Secret?

    package init(from settings: inout SettingsReader) {
        self.secret = settings.secret(
            "cluster.secret",
            shownDefault: "derived from management.token if that is set",
            atLeastBytes: 16,
            "Signs messages between instances, so it must be the same on all; without a key they send no commands."
        )
    }

    /// What messages between instances are signed with; `nil` where no secret is configured.
    func key(managementToken: Secret?) -> FleetKey? {
        self.secret.map { FleetKey(secret: $0.revealed) }
            ?? managementToken.map { FleetKey(managementToken: $0.revealed) }
    }
}
