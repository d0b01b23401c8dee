import Notation

/// Reads settings, and remembers what was asked for.
///
/// One call states key, default, bounds and sentence. The reference, the effective configuration, the unknown keys and
/// the complete list of faults follow from these calls; there is no second list of keys. A wrong value is noted as a
/// fault and read as its default, so that reading continues. Whoever made the reader must look at `faults` before using
/// anything.
package struct SettingsReader {
    /// The longest duration allowed, so that no sum with a time of day overflows.
    package static let longestDuration = Duration.seconds(366 * 24 * 3600)

    /// In the order in which they were read.
    package private(set) var effectiveSettings: [EffectiveSetting] = []
    private var positions: [String: Int] = [:]
    private var valueFaults: [SettingsFault] = []
    private let sources: SettingsSources

    /// A reader without any source, for `config reference`: every value is its default.
    package init() {
        self.sources = SettingsSources(flags: [], environment: [:], file: nil)
    }

    /// - Parameters:
    ///   - flags: In the order of the command line; a key given twice is a fault.
    ///   - environment: The whole of it; only `ATALAYA_…` is looked at.
    ///   - file: A YAML file. If it cannot be read, that is a fault, not an error.
    package init(flags: [SettingsFlag], environment: [String: String], file: String?) {
        let contents = file.map { SettingsFile(path: $0) }
        self.sources = SettingsSources(flags: flags, environment: environment, file: contents)
    }

    init(flags: [SettingsFlag] = [], environment: [String: String] = [:], text: String, path: String = "atalaya.yaml") {
        let contents = SettingsFile(path: path, text: text)
        self.sources = SettingsSources(flags: flags, environment: environment, file: contents)
    }

    /// Notes that values that are each valid do not go together; `remedy` says what would be right.
    package mutating func refuse(_ key: String, _ remedy: String) {
        let setting = self.positions[key].map { self.effectiveSettings[$0] }
        let fault = SettingsFault(
            key: key,
            value: setting?.text,
            origin: setting?.origin ?? .default,
            problem: .refused(remedy)
        )
        self.valueFaults.append(fault)
    }

    /// Whether the file cannot be read or is no YAML, so that nobody knows what it sets.
    package var isFileUnreadable: Bool {
        self.sources.file?.isUnreadable ?? false
    }

    /// Everything that is wrong: the file's form, unknown keys, wrong values.
    ///
    /// Complete once everything has been read.
    package var faults: [SettingsFault] {
        self.sources.faults + self.unknownKeys + self.valueFaults
    }

    /// Variables that nobody reads.
    ///
    /// Complete once everything has been read.
    package var warnings: [SettingsWarning] {
        let names = self.effectiveSettings.map(\.declaration.environmentName)
        let known = Set(names)
        return self.sources.variables.filter { !known.contains($0) }.map { variable in
            let nearest = Suggestion.nearest(to: variable, among: names)
            return SettingsWarning(variable: variable, nearest: nearest)
        }
    }

    /// Reads one value and remembers that it was asked for.
    ///
    /// - Parameter shownDefault: The default in words, where it is computed or depends on another key.
    mutating func read<Value>(
        _ key: String,
        _ format: SettingFormat<Value>,
        default fallback: Value?,
        shownDefault: String?,
        _ sentence: String
    ) -> Value? {
        let declaration = self.declaration(
            key,
            format,
            kind: format.kind,
            defaultText: shownDefault ?? fallback.map(format.show),
            sentence
        )
        var value = fallback
        var origin = SettingsOrigin.default
        if let found = self.sources.value(of: key) {
            switch found.content {
            case .scalar(let text):
                if let parsed = self.parse(text, format, declaration, found.origin) {
                    value = parsed
                    origin = found.origin
                }
            case .list, .nothing:
                self.note(.isNoList, of: declaration, value: nil, at: found.origin)
            }
        }
        let texts = value.map { [format.show($0)] } ?? []
        self.remember(
            EffectiveSetting(
                declaration: declaration,
                texts: texts,
                isList: false,
                origin: origin,
                isDefault: texts == (fallback.map { [format.show($0)] } ?? [])
            )
        )
        return value
    }

    /// Reads a list: a sequence in the file, entries separated by commas elsewhere.
    ///
    /// An empty text is an empty list.
    mutating func readList<Value>(
        _ key: String,
        _ format: SettingFormat<Value>,
        default fallback: [Value],
        shownDefault: String?,
        _ sentence: String
    ) -> [Value] {
        let written = fallback.map(format.show).joined(separator: ",")
        let declaration = self.declaration(
            key,
            format,
            kind: "list of \(format.kind)",
            defaultText: shownDefault ?? (fallback.isEmpty ? nil : written),
            sentence
        )
        var values = fallback
        var origin = SettingsOrigin.default
        if let found = self.sources.value(of: key) {
            let entries: [String]
            switch found.content {
            case .scalar(""), .nothing: entries = []
            case .scalar(let text):
                entries = text.split(separator: ",", omittingEmptySubsequences: false).map(\.withoutBlanks)
            case .list(let texts): entries = texts
            }
            values = entries.compactMap { self.parse($0, format, declaration, found.origin) }
            origin = found.origin
        }
        let texts = values.map(format.show)
        self.remember(
            EffectiveSetting(
                declaration: declaration,
                texts: texts,
                isList: true,
                origin: origin,
                isDefault: texts == fallback.map(format.show)
            )
        )
        return values
    }

    private mutating func parse<Value>(
        _ text: String,
        _ format: SettingFormat<Value>,
        _ declaration: SettingDeclaration,
        _ origin: SettingsOrigin
    ) -> Value? {
        do {
            return try format.parse(text)
        } catch {
            self.note(error, of: declaration, value: text, at: origin)
            return nil
        }
    }

    private mutating func note(
        _ problem: SettingsProblem,
        of declaration: SettingDeclaration,
        value: String?,
        at origin: SettingsOrigin
    ) {
        // A URL that could not be parsed may contain a password anywhere.
        let isShown = declaration.isHarmless || !(declaration.isSecret || (value ?? "").contains("@"))
        let shown = isShown ? value : value.map { _ in Secret.redacted }
        self.valueFaults.append(SettingsFault(key: declaration.key, value: shown, origin: origin, problem: problem))
    }

    private func declaration<Value>(
        _ key: String,
        _ format: SettingFormat<Value>,
        kind: String,
        defaultText: String?,
        _ sentence: String
    ) -> SettingDeclaration {
        SettingDeclaration(
            key: key,
            kind: kind,
            unit: format.unit,
            bounds: format.bounds,
            defaultText: defaultText,
            environmentName: SettingsSources.environmentName(of: key),
            sentence: sentence,
            isSecret: format.isSecret,
            isHarmless: format.isHarmless
        )
    }

    private mutating func remember(_ setting: EffectiveSetting) {
        let key = setting.declaration.key
        precondition(self.positions[key] == nil, "\(key) is read in one place: hand the value on instead")
        self.positions[key] = self.effectiveSettings.count
        self.effectiveSettings.append(setting)
    }

    private var unknownKeys: [SettingsFault] {
        let fromFlags = self.sources.flags.map { ($0.key, $0.value, SettingsOrigin.flag($0.name)) }
        let fromFile = (self.sources.file?.entries ?? []).map { entry in
            let isNothing = entry.content == .nothing
            let text: String? = if case .scalar(let text) = entry.content { text } else { nil }
            return (entry.key, isNothing && self.isGroup(entry.key) ? nil : text ?? "", entry.origin)
        }
        let keys = self.effectiveSettings.map(\.declaration.key)
        return (fromFlags + fromFile).compactMap { key, value, origin in
            guard self.positions[key] == nil, let value else { return nil }
            let problem: SettingsProblem
            var isShown = false
            if let member = keys.first(where: { $0.hasPrefix(key + ".") }) {
                problem = .isGroup(example: member)
            } else if let parent = keys.first(where: { key.hasPrefix($0 + ".") }) {
                problem = .isNoGroup(key: parent)
            } else {
                let nearest = Suggestion.nearest(to: key, among: keys)
                problem = .unknownKey(nearest: nearest)
                // A value meant for a number cannot be a secret; any other may be.
                let meant = nearest.flatMap { self.positions[$0] }.map { self.effectiveSettings[$0].declaration }
                isShown = meant?.isHarmless ?? false
            }
            let shown = isShown && !value.isEmpty ? value : nil
            return SettingsFault(key: key, value: shown, origin: origin, problem: problem)
        }
    }

    private func isGroup(_ key: String) -> Bool {
        self.effectiveSettings.contains { $0.declaration.key.hasPrefix(key + ".") }
    }
}
