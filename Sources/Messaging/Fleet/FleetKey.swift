import Crypto

/// What the instances of a fleet share and nobody else has: messages that are signed with it are theirs.
package struct FleetKey: Sendable {
    let hmac: HMACKey

    /// - Parameter secret: `cluster.secret`, whose bytes are the key.
    package init(secret: String) {
        self.hmac = HMACKey(Array(secret.utf8))
    }

    /// - Parameter token: `management.token`, which others hold as well who must not learn this key's other uses.
    package init(managementToken token: String) {
        self.hmac = HMACKey(Array(token.utf8)).derived(for: Self.purpose)
    }

    /// Part of the wire format.
    static let purpose = "atalaya fleet channel"
}
