import Crypto

/// A secret that only the instances of a fleet share: messages signed with it come from them.
package struct FleetKey: Sendable {
    let hmac: HMACKey

    /// - Parameter secret: `cluster.secret`, whose bytes are the key.
    package init(secret: String) {
        self.hmac = HMACKey(Array(secret.utf8))
    }

    /// - Parameter token: `management.token`. Others have it too, so the key is derived from it for this use only.
    package init(managementToken token: String) {
        self.hmac = HMACKey(Array(token.utf8)).derived(for: Self.purpose)
    }

    /// Part of the wire format.
    static let purpose = "atalaya fleet channel"
}
