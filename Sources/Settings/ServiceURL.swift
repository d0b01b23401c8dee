import Foundation

/// The address of another service, with the credentials it requires.
///
/// Its text never shows the password.
package struct ServiceURL: Hashable, Sendable, CustomStringConvertible {
    /// In lower case.
    package let scheme: String
    /// Percent-decoded; `nil` if none is given.
    package let user: String?
    /// Percent-decoded; `nil` if none is given.
    package let password: Secret?
    /// Without brackets if it is an IPv6 address.
    package let host: String
    package let port: Int?
    /// Percent-decoded, with its first slash, or empty.
    package let path: String
    /// The names of the options behind `?`, in order; one empty name where nothing stands there.
    package let queryNames: [String]
    /// Whether something stands behind `#`.
    package let hasFragment: Bool
    /// All of it, as written.
    package let whole: Secret
    package let description: String

    /// `nil` without scheme and host, with a port above 65535, or with spaces or control characters.
    package init?(_ text: String) {
        guard !text.unicodeScalars.contains(where: { $0.value <= 0x20 || $0.value == 0x7F }) else { return nil }
        guard var parts = URLComponents(string: text), let scheme = parts.scheme, let host = parts.host else {
            return nil
        }
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        guard !bare.isEmpty, (1...65535).contains(parts.port ?? 1) else { return nil }
        self.scheme = scheme.lowercased()
        self.user = parts.user.flatMap { $0.isEmpty ? nil : $0 }
        self.password = parts.password.map { Secret($0) }
        self.host = bare
        self.port = parts.port
        self.path = parts.path
        let names = parts.queryItems?.map(\.name) ?? []
        self.queryNames = parts.query != nil && names.isEmpty ? [""] : names
        self.hasFragment = parts.fragment != nil
        self.whole = Secret(text)
        if parts.password != nil {
            parts.password = "REDACTED"
        }
        // A query may hold a password too; nothing reads one, so nothing is lost by leaving it out.
        if parts.query != nil {
            parts.query = nil
        }
        // A password with an unescaped "#" ends up here.
        if parts.fragment != nil {
            parts.fragment = nil
        }
        self.description = parts.string ?? "\(self.scheme)://\(host)"
    }
}
