import Messaging
package import Settings

/// The settings that the instances of a fleet share.
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

    /// The key that signs messages between instances; `nil` if no secret is configured.
    func key(managementToken: Secret?) -> FleetKey? {
        self.secret.map { FleetKey(secret: $0.revealed) }
            ?? managementToken.map { FleetKey(managementToken: $0.revealed) }
    }
}
