/// What Kubernetes adds to the environment of every pod for each Service in its namespace.
///
/// A Service named `atalaya-public` sets `ATALAYA_PUBLIC_PORT=tcp://10.0.0.1:8080`, which is not meant for
/// `public.port`.
enum InjectedVariable {
    private static let protocols = ["TCP", "UDP", "SCTP"]

    static func matches(name: String, value: String) -> Bool {
        if name.hasSuffix("_SERVICE_HOST") || name.hasSuffix("_SERVICE_PORT") || name.contains("_SERVICE_PORT_") {
            return true
        }
        if name.hasSuffix("_PORT"), Self.protocols.contains(where: { value.hasPrefix($0.lowercased() + "://") }) {
            return true
        }
        let parts = name.split(separator: "_", omittingEmptySubsequences: false)
        return zip(parts.indices, parts).contains { index, part in
            guard part == "PORT", index > 0, index + 2 < parts.count else { return false }
            let number = parts[index + 1]
            return !number.isEmpty && number.allSatisfy { $0.isASCII && $0.isWholeNumber }
                && Self.protocols.contains(String(parts[index + 2]))
        }
    }
}
