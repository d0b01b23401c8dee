/// A key as declared by the call that reads it.
package struct SettingDeclaration: Equatable, Sendable {
    package let key: String
    /// The type of the value: `duration`, `list of text`.
    package let kind: String
    package let unit: String?
    /// Bounds or choices, in words.
    package let bounds: String?
    /// As it would be written, or in words (`one per core`); `nil` for none.
    package let defaultText: String?
    package let environmentName: String
    package let sentence: String
    package let isSecret: Bool
    /// Whether a value meant for this key may be shown even under a misspelt key.
    package let isHarmless: Bool

    /// The part before the first dot.
    package var group: String {
        String(self.key.prefix { $0 != "." })
    }
}

/// The value of a key in this process, and where it came from.
package struct EffectiveSetting: Equatable, Sendable {
    package let declaration: SettingDeclaration
    /// As they would be written in the file, secrets redacted: one, or the entries of a list, or none.
    package let texts: [String]
    package let isList: Bool
    package let origin: SettingsOrigin
    /// Whether the value is the default, also if a source gives that very value.
    package let isDefault: Bool

    /// With commas between the entries of a list; `nil` if nothing is set.
    package var text: String? {
        self.texts.isEmpty ? nil : self.texts.joined(separator: ",")
    }
}
