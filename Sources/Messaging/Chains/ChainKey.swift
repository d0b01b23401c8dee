import Crypto

/// A resume token and whose it must be: what one chain of connections is found by.
///
/// Every way Swift turns a value into text gives `<redacted>`, since the token is a secret.
package struct ChainKey: Hashable, Sendable {
    private let token: String
    /// `nil` if the user is anonymous: then whoever brings the token is that user.
    private let user: UserID?

    package init(token: String, user: UserID?) {
        self.token = token
        self.user = user
    }

    /// A name for it that may be told, since the token cannot be found from it: 43 characters of base64url.
    ///
    /// Another user's claim has another name, and so finds nothing.
    package var name: String {
        // No user's id is empty or contains a zero byte, so no two keys are signed as the same bytes.
        let bytes = Array((self.user?.text ?? "").utf8) + [0] + self.token.utf8
        return base64URL(Self.naming.signature(of: bytes.span))
    }

    /// Not a secret: it only keeps these names apart from other hashes of a token.
    private static let naming = HMACKey(Array("atalaya resume token".utf8))
}

extension ChainKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<redacted>" }
    package var debugDescription: String { self.description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
