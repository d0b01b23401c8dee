import Configuration

/// Where values are looked for: flags, then environment, then file.
///
/// Flags and environment are providers of swift-configuration, which also knows how a key is named in the environment.
struct SettingsSources {
    static let environmentPrefix = "ATALAYA_"

    struct Value {
        let content: SettingsFile.Content
        let origin: SettingsOrigin
    }

    /// Faults in form: a file that cannot be read, a key given twice.
    private(set) var faults: [SettingsFault] = []
    let file: SettingsFile?
    let flags: [SettingsFlag]
    /// The names of variables that begin with `ATALAYA_` and were not set by Kubernetes.
    let variables: [String]
    private let flagProvider: InMemoryProvider
    private let environmentProvider: EnvironmentVariablesProvider

    init(flags: [SettingsFlag], environment: [String: String], file: SettingsFile?) {
        var given: [String: SettingsFlag] = [:]
        for flag in flags {
            guard flag.value != nil else {
                let key = flag.key.isEmpty ? nil : flag.key
                self.faults.append(
                    SettingsFault(key: key, value: nil, origin: .flag(flag.name), problem: .notKeyValue)
                )
                continue
            }
            guard let first = given[flag.key] else {
                given[flag.key] = flag
                continue
            }
            let problem = SettingsProblem.givenBefore(.flag(first.name))
            self.faults.append(SettingsFault(key: flag.key, value: nil, origin: .flag(flag.name), problem: problem))
        }
        let ours = environment.filter { name, value in
            name.hasPrefix(Self.environmentPrefix) && !InjectedVariable.matches(name: name, value: value)
        }
        self.flags = flags.filter { $0.value != nil }
        self.file = file
        self.variables = ours.keys.sorted()
        self.flagProvider = InMemoryProvider(
            name: "flags",
            values: Dictionary(
                given.map { key, flag in
                    (Self.path(of: key), ConfigValue(.string(flag.value ?? ""), isSecret: true))
                },
                // `a..b` has the path of `a.b`; it is still a fault, since no such key is known.
                uniquingKeysWith: { first, _ in first }
            )
        )
        self.environmentProvider = EnvironmentVariablesProvider(
            environmentVariables: ours,
            secretsSpecifier: .all
        )
        self.faults += file?.faults ?? []
    }

    /// The value that takes effect, or `nil` if no source has one.
    func value(of key: String) -> Value? {
        if let text = self.text(self.look(up: key, in: self.flagProvider)) {
            let flag = self.flags.first { $0.key == key }
            return Value(content: .scalar(text), origin: .flag(flag?.name ?? key))
        }
        let inEnvironment = self.look(up: Self.environmentKey(of: key), in: self.environmentProvider)
        if let inEnvironment, let text = self.text(inEnvironment) {
            return Value(content: .scalar(text), origin: .environment(inEnvironment.encodedKey))
        }
        guard let entry = self.file?[key], entry.content != .nothing else { return nil }
        return Value(content: entry.content, origin: entry.origin)
    }

    /// `limits.messageBytes` is `ATALAYA_LIMITS_MESSAGE_BYTES`.
    static func environmentName(of key: String) -> String {
        let empty = EnvironmentVariablesProvider(environmentVariables: [:])
        let path = Self.path(of: Self.environmentKey(of: key))
        return (try? empty.value(forKey: path, type: .string).encodedKey) ?? key
    }

    private func look(up key: String, in provider: some ConfigProvider) -> LookupResult? {
        // Both hold texts and are asked for texts, so neither can throw.
        try? provider.value(forKey: Self.path(of: key), type: .string)
    }

    private func text(_ result: LookupResult?) -> String? {
        guard case .string(let text)? = result?.value?.content else { return nil }
        return text
    }

    private static func environmentKey(of key: String) -> String {
        "atalaya." + key
    }

    private static func path(of key: String) -> AbsoluteConfigKey {
        AbsoluteConfigKey(ConfigKey(key))
    }
}
